import { afterEach, describe, expect, it } from 'vitest'
import { TOKEN, ZONE_ID } from '../../support/cloudflare-server.ts'
import {
  create,
  find,
  makeWorld,
  never,
  OWNER,
  remove,
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

const batches = () => world.server.calls.filter((call) => call.kind === 'batch').slice(1)

describe('cloudflare', () => {
  it('publishes what a SIP zone has, each record marked, nothing proxied, in one call', async () => {
    const { provider, server, read } = await given()
    await provider.apply(
      [
        create('sip1 60 IN A 192.0.2.1'),
        create('sip1 60 IN AAAA 2001:db8::1'),
        create('_sip._udp 60 IN SRV 10 60 5060 sip1\n_sip._udp 60 IN SRV 20 0 5060 sip2'),
        create('@ 60 IN NAPTR 10 100 "S" "SIP+D2U" "" _sip._udp'),
        create('note 60 IN TXT "two" "strings; with \\"quotes\\" and \\195\\188"'),
      ],
      never,
    )
    expect(batches()).toHaveLength(1)
    expect(server.zone.records.map((one) => [one.proxied, one.comment])).toEqual(
      Array(6).fill([false, `heritage=sipvane,owner=${OWNER}`]),
    )
    const sets = await read()
    expect(sets.map((one) => [one.name, one.type, one.ttl, one.mark, one.drift])).toEqual(
      [
        ['sip1.example.com.', 'A'],
        ['sip1.example.com.', 'AAAA'],
        ['_sip._udp.example.com.', 'SRV'],
        ['example.com.', 'NAPTR'],
        ['note.example.com.', 'TXT'],
      ].map(([name, type]) => [name, type, 60, { owner: OWNER }, undefined]),
    )
    expect(find(sets, '_sip._udp.example.com.', 'SRV').records).toEqual([
      { type: 'SRV', priority: 10, weight: 60, port: 5060, target: 'sip1.example.com.' },
      { type: 'SRV', priority: 20, weight: 0, port: 5060, target: 'sip2.example.com.' },
    ])
    expect(find(sets, 'note.example.com.', 'TXT').records).toEqual([
      { type: 'TXT', strings: ['two', 'strings; with "quotes" and \u00c3\u00bc'] },
    ])
  })

  it('says what it made in the words it reads it in', async () => {
    const { provider, read } = await given()
    const { sets } = await provider.apply(
      [create('a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2'), create('b 60 IN TXT "x"')],
      never,
    )
    const unhandled = (all: typeof sets) => all.map(({ handle: _, ...rest }) => rest)
    expect(unhandled(sets)).toEqual(unhandled(await read()))
  })

  it('moves a set by patching its record: no moment without it, and the id stays', async () => {
    const { provider, server } = await given()
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    const [before] = server.zone.records
    await provider.apply([replace(find(sets, 'a.example.com.', 'A'), 'a 60 IN A 192.0.2.9')], never)
    expect(server.zone.records.map(({ id, content }) => [id, content])).toEqual([[before?.id, '192.0.2.9']])
    expect(batches().at(-1)?.body).toEqual({
      deletes: [],
      posts: [],
      patches: [
        { id: before?.id, name: 'a.example.com', type: 'A', ttl: 60, proxied: false, content: '192.0.2.9' },
      ],
    })
  })

  it('touches only the records that differ', async () => {
    const { provider } = await given()
    const { sets } = await provider.apply(
      [create('a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2\na 60 IN A 192.0.2.3')],
      never,
    )
    const before = find(sets, 'a.example.com.', 'A')
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.3\na 60 IN A 192.0.2.1')], never)
    expect(batches().at(-1)?.body).toMatchObject({
      deletes: [{ id: expect.any(String) }],
      patches: [],
      posts: [],
    })
  })

  it('swaps the values of two records without meeting its own duplicates', async () => {
    const { provider, server } = await given()
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2')], never)
    const before = find(sets, 'a.example.com.', 'A')
    await provider.apply([replace(before, 'a 60 IN A 192.0.2.2\na 60 IN A 192.0.2.3')], never)
    expect(server.zone.view().get('a.example.com A')).toEqual(['60  192.0.2.2', '60  192.0.2.3'])
  })

  it('makes no call where nothing differs', async () => {
    const { provider, read } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    const before = find(await read(), 'a.example.com.', 'A')
    const count = world.server.calls.length
    const { sets } = await provider.apply([replace(before, 'a 60 IN A 192.0.2.1')], never)
    expect(world.server.calls).toHaveLength(count)
    expect(sets).toHaveLength(1)
  })

  it('deletes a set whole, and a neighbour not at all', async () => {
    const { provider, server } = await given()
    server.zone.edit({ name: 'a', type: 'MX', content: 'mail.example.com', priority: 10, ttl: 300 })
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2')], never)
    await provider.apply([remove(find(sets, 'a.example.com.', 'A'))], never)
    expect([...server.zone.view().keys()]).toEqual(['a.example.com MX'])
  })

  it('shows what it cannot read as opaque, and reads unquoted texts and automatic TTLs', async () => {
    const { server, read } = await given()
    server.zone.edit({ name: 'plain', type: 'TXT', content: 'v=spf1 -all' })
    server.zone.edit({ name: 'web', type: 'HTTPS', data: { priority: 1, target: '.' } })
    const sets = await read()
    expect(find(sets, 'web.example.com.', 'TYPE65')).toMatchObject({
      records: [],
      opaque: 'records of type TYPE65 that sipvane cannot read',
    })
    expect(find(sets, 'plain.example.com.', 'TXT')).toMatchObject({
      ttl: 300,
      records: [{ type: 'TXT', strings: ['v=spf1 -all'] }],
    })
  })

  it('reads all pages, however few records the API puts on one', async () => {
    const { server, read } = await given({
      server: { zones: [{ id: ZONE_ID, name: 'example.com', plan: 'pro' }], maxPerPage: 7 },
    })
    for (let i = 0; i < 50; i++) server.zone.edit({ name: `h${i}`, type: 'A', content: '192.0.2.1' })
    expect(await read()).toHaveLength(50)
    expect(server.calls.filter((call) => call.kind === 'list')).toHaveLength(8)
  })

  it('shows only what lies inside the origins it is asked for', async () => {
    const { provider, server } = await given()
    server.zone.edit({ name: 'www', type: 'A', content: '192.0.2.1' })
    server.zone.edit({ name: 'sip.voice', type: 'A', content: '192.0.2.1' })
    const origins = ['voice.example.com.' as never]
    const sets = await provider.read({ origins, names: [] }, never)
    expect(sets.map((one) => one.name)).toEqual(['sip.voice.example.com.'])
  })

  it('never shows its token: not in what it is asked, nor in what it tells', async () => {
    const { provider, server, logger, read } = await given()
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    await read()
    expect(JSON.stringify([server.calls, logger.events])).not.toContain(TOKEN)
  })
})
