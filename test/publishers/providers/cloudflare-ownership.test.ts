import { afterEach, describe, expect, it } from 'vitest'
import { ZONE_ID } from '../../support/cloudflare-server.ts'
import {
  create,
  find,
  makeWorld,
  never,
  OWNER,
  replace,
  type World,
  type WorldOptions,
} from './cloudflare-world.ts'

let world: World
const given = async (options?: WorldOptions): Promise<World> => {
  world = await makeWorld(options)
  await world.provider.open(never)
  return world
}
afterEach(() => world.close())

describe('whose a record at Cloudflare is', () => {
  it('finds a record of ours that was proxied, and unproxies it', async () => {
    const { provider, server, read } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    const [made] = server.zone.records
    server.zone.batch({ patches: [{ id: made?.id, proxied: true }] })
    const before = find(await read(), 'a.example.com.', 'A')
    expect(before).toMatchObject({ drift: 'proxied', mark: { owner: OWNER }, ttl: 300 })
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.1')], never)
    expect(server.zone.view().get('a.example.com A')).toEqual(['60  192.0.2.1'])
  })

  it('never takes a proxied record of somebody else for one to adopt', async () => {
    const { server, read } = await given()
    server.zone.edit({ name: 'www', type: 'A', content: '192.0.2.7', proxied: true })
    expect(find(await read(), 'www.example.com.', 'A')).toMatchObject({ opaque: 'proxied' })
  })

  it('warns, once, of a proxied neighbour that drags a name of ours behind the web proxy', async () => {
    const { provider, server, read, logger } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    server.zone.edit({ name: 'a', type: 'AAAA', content: '2001:db8::7', proxied: true })
    await read()
    await read()
    const warned = logger.events.filter((one) => one.event === 'cloudflare.proxied-neighbour')
    expect(warned.map((one) => one.fields)).toEqual([{ names: ['a.example.com.'], count: 1 }])
  })

  it('keeps the note of whoever made a record that it adopts', async () => {
    const { provider, server, read } = await given()
    server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.1', ttl: 60, comment: 'by Ada, 2019' })
    const before = find(await read(), 'a.example.com.', 'A')
    expect(before.mark).toBeUndefined()
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.1')], never)
    expect(server.zone.records[0]?.comment).toBe(`heritage=sipvane,owner=${OWNER}, by Ada, 2019`)
    expect(find(await read(), 'a.example.com.', 'A').mark).toEqual({ owner: OWNER })
  })

  it('cuts a long note rather than its mark', async () => {
    const { provider, server, read } = await given()
    server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.1', ttl: 60, comment: 'n'.repeat(100) })
    await provider.apply([replace(find(await read(), 'a.example.com.', 'A'), 'a 60 IN A 192.0.2.1')], never)
    expect(server.zone.records[0]?.comment).toMatch(/^heritage=sipvane,owner=edge-1, n+$/)
    expect(server.zone.records[0]?.comment).toHaveLength(100)
  })

  it('marks by tag where told to, and knows its own by either', async () => {
    const { provider, server, read } = await given({
      server: { zones: [{ id: ZONE_ID, name: 'example.com', plan: 'pro' }] },
      options: { mark: 'tag', plan: 'pro' },
    })
    server.zone.edit({
      name: 'b',
      type: 'A',
      content: '192.0.2.2',
      comment: `heritage=sipvane,owner=${OWNER}`,
    })
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    expect(server.zone.records.map((one) => [one.comment, one.tags])).toEqual([
      [`heritage=sipvane,owner=${OWNER}`, []],
      [null, [`sipvane-owner:${OWNER}`]],
    ])
    expect((await read()).map((one) => one.mark)).toEqual([{ owner: OWNER }, { owner: OWNER }])
  })

  it('leaves a set of two owners to neither', async () => {
    const { server, read } = await given()
    for (const [content, owner] of [
      ['192.0.2.1', 'edge-1'],
      ['192.0.2.2', 'edge-2'],
    ])
      server.zone.edit({ name: 'a', type: 'A', content, comment: `heritage=sipvane,owner=${owner}` })
    const found = find(await read(), 'a.example.com.', 'A')
    expect(found).toMatchObject({ opaque: 'records of 2 owners' })
    expect(found.mark).toBeUndefined()
  })

  it('gives up a set among whose records somebody has put one, says so once, and takes it back when adopted', async () => {
    const { provider, server, read, logger } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    const strange = server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.66', ttl: 120 })
    await read()
    const before = find(await read(), 'a.example.com.', 'A')
    expect(before.mark).toBeUndefined()
    expect(before.opaque).toBeUndefined()
    expect(logger.events.map((one) => [one.event, one.fields])).toEqual([
      ['cloudflare.mixed-set', { sets: ['a.example.com. A'], count: 1 }],
    ])
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.1')], never)
    expect(server.zone.records.map((one) => one.id)).not.toContain(strange.id)
    expect(find(await read(), 'a.example.com.', 'A').mark).toEqual({ owner: OWNER })
  })

  it('calls differing TTLs of its own drift', async () => {
    const { provider, server, read } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2')], never)
    server.zone.batch({ patches: [{ id: server.zone.records[0]?.id, ttl: 120 }] })
    const before = find(await read(), 'a.example.com.', 'A')
    expect(before.drift).toBe('records with different TTLs (120, 60)')
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2')], never)
    expect(server.zone.view().get('a.example.com A')).toEqual(['60  192.0.2.1', '60  192.0.2.2'])
  })
})
