import { afterEach, describe, expect, it } from 'vitest'
import { TOKEN, ZONE_ID } from '../../support/cloudflare-server.ts'
import {
  create,
  faultOf,
  find,
  makeWorld,
  never,
  remove,
  replace,
  type World,
  type WorldOptions,
} from './cloudflare-world.ts'

let world: World
afterEach(() => world.close())
const given = async (options?: WorldOptions): Promise<World> => {
  world = await makeWorld(options)
  await world.provider.open(never)
  await world.read()
  return world
}
const CHANGE = [create('a 60 IN A 192.0.2.1')]

describe('what happened since the reading', () => {
  it('a record that is gone is a conflict, and nothing of the batch is done', async () => {
    const { provider, server } = await given()
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    server.zone.remove(server.zone.records[0]?.id ?? '')
    const batch = [
      create('b 60 IN A 192.0.2.2'),
      replace(find(sets, 'a.example.com.', 'A'), 'a 60 IN A 192.0.2.9'),
    ]
    expect(await faultOf(provider.apply(batch, never))).toMatchObject({ fault: 'conflict', apiCode: '81044' })
    expect(server.zone.records).toEqual([])
  })

  it('a record that is there already is a conflict', async () => {
    const { provider, server } = await given()
    // In the last moment, behind the second look.
    server.onCall = (call) => {
      if (call.kind === 'batch') server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.1' })
    }
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({
      fault: 'conflict',
      apiCode: '81058',
    })
  })

  it.each([
    [
      'edited',
      (w: World) =>
        w.server.zone.batch({ patches: [{ id: w.server.zone.records[0]?.id, content: '192.0.2.5' }] }),
    ],
    [
      'taken over',
      (w: World) => w.server.zone.batch({ patches: [{ id: w.server.zone.records[0]?.id, comment: 'mine' }] }),
    ],
    ['added to', (w: World) => w.server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.6' })],
  ])('a set that was %s is a conflict when its reading is old, and left as it is', async (_, edit) => {
    const { provider, server } = await given({ options: { recheck: '0s' } })
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    edit(world)
    const there = server.zone.view()
    const before = find(sets, 'a.example.com.', 'A')
    const error = await faultOf(
      provider.apply([create('b 60 IN A 192.0.2.2'), replace(before, 'a 60 IN A 192.0.2.9')], never),
    )
    expect(error).toMatchObject({ fault: 'conflict', culprits: [1] })
    expect(await faultOf(provider.apply([remove(before)], never))).toMatchObject({ fault: 'conflict' })
    expect(server.zone.view()).toEqual(there)
  })

  it('a set that was taken over is not deleted, however fresh the reading is', async () => {
    const { provider, server } = await given()
    const { sets } = await provider.apply(CHANGE, never)
    server.zone.batch({ patches: [{ id: server.zone.records[0]?.id, comment: 'mine' }] })
    const gone = [remove(find(sets, 'a.example.com.', 'A'))]
    expect(await faultOf(provider.apply(gone, never))).toMatchObject({ fault: 'conflict', culprits: [0] })
    expect(server.zone.records).toHaveLength(1)
  })

  it('a set that somebody made is a conflict, however fresh the reading is', async () => {
    const { provider, server } = await given()
    server.zone.edit({ name: 'a', type: 'A', content: '192.0.2.66' })
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({ fault: 'conflict', culprits: [0] })
    expect(server.zone.records).toHaveLength(1)
  })

  it('is not asked for in a failover: one call from the decision to the acceptance', async () => {
    const { provider, server } = await given()
    const { sets } = await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    const before = server.calls.length
    await provider.apply([replace(find(sets, 'a.example.com.', 'A'), 'a 60 IN A 192.0.2.9')], never)
    expect(server.calls.slice(before).map((call) => call.kind)).toEqual(['batch'])
  })

  it('is asked for by name for few names, in one listing for many', async () => {
    const { provider, server } = await given()
    const kinds = async (count: number) => {
      const from = server.calls.length
      await provider.apply(
        Array.from({ length: count }, (_, i) => create(`h${count}-${i} 60 IN A 192.0.2.1`)),
        never,
      )
      return server.calls.slice(from).map((call) => call.query['name.exact'] ?? call.kind)
    }
    expect(await kinds(2)).toEqual(['h2-0.example.com', 'h2-1.example.com', 'batch'])
    expect(await kinds(4)).toEqual(['list', 'batch'])
  })

  it('a zone that changes between two pages is read again, and given up when it goes on', async () => {
    const { server, read } = await given({ server: { maxPerPage: 5 } })
    for (let i = 0; i < 12; i++) server.zone.edit({ name: `h${i}`, type: 'A', content: '192.0.2.1' })
    let edits = 0
    server.onCall = (call) => {
      if (call.kind === 'list' && call.query.page === '2' && edits++ < 1)
        server.zone.edit({ name: `late${edits}`, type: 'A', content: '192.0.2.1' })
    }
    expect(await read()).toHaveLength(13)
    edits = Number.NEGATIVE_INFINITY
    let n = 0
    server.onCall = (call) => {
      if (call.query.page === '2') server.zone.edit({ name: `more${n++}`, type: 'A', content: '192.0.2.1' })
    }
    expect(await faultOf(read())).toMatchObject({ fault: 'conflict' })
  })
})

describe('limits that nobody told', () => {
  const unknown = (plan: string): WorldOptions => ({
    options: { plan, zone: 'example.com' },
    server: {
      zones: [{ id: ZONE_ID, name: 'example.com', quota: 1000 }],
      tokens: [{ secret: TOKEN, permissions: ['dns:edit'] }],
    },
  })

  it('of a batch are learned from a refusal that no known code explains', async () => {
    const { provider } = await given(unknown('pro'))
    expect(provider.limits.batch[0]?.max).toBe(3500)
    const many = Array.from({ length: 201 }, (_, i) => create(`h${i} 60 IN A 192.0.2.1`))
    expect(await faultOf(provider.apply(many, never))).toMatchObject({ fault: 'refused' })
    expect(provider.limits.batch[0]?.max).toBe(200)
    expect((await provider.apply(many.slice(1), never)).sets).toHaveLength(200)
  })

  it('of a TTL are learned too', async () => {
    const { provider } = await given(unknown('enterprise'))
    expect(provider.limits.ttl.min).toBe(30)
    await faultOf(provider.apply([create('a 30 IN A 192.0.2.1')], never))
    expect(provider.limits.ttl.min).toBe(60)
  })
})
