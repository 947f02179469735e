import { afterEach, describe, expect, it } from 'vitest'
import type { Trouble } from '../../support/cloudflare-faults.ts'
import { FAULTS, ttlFault } from '../../support/cloudflare-replies.ts'
import { on, TOKEN } from '../../support/cloudflare-server.ts'
import { create, faultOf, makeWorld, never, type World, type WorldOptions } from './cloudflare-world.ts'

let world: World
afterEach(() => world.close())
const given = async (options?: WorldOptions): Promise<World> => {
  world = await makeWorld(options)
  await world.provider.open(never)
  await world.read()
  return world
}
const CHANGE = [create('a 60 IN A 192.0.2.1')]
const fault = (code: number, status = 400): Trouble => ({
  kind: 'fault',
  fault: { code, status, message: `said about ${TOKEN}` },
})

describe('a fault of Cloudflare', () => {
  it.each([
    ['971 with 429', fault(971, 429), { fault: 'throttled', retryable: true, uncertain: false }],
    ['971 with 500', fault(971, 500), { fault: 'throttled', retryable: true, uncertain: false }],
    ['429 without a body', { kind: 'page', status: 429 }, { fault: 'throttled', retryable: true }],
    ['81044', fault(81044, 404), { fault: 'conflict', retryable: true }],
    ['81057', fault(81057), { fault: 'conflict', retryable: true }],
    ['81058', fault(81058), { fault: 'conflict', retryable: true }],
    ['81053', fault(81053), { fault: 'refused', retryable: false }],
    ['81054', fault(81054), { fault: 'refused', retryable: false }],
    ['81045', fault(81045), { fault: 'quota', retryable: false }],
    ['9021', fault(9021), { fault: 'refused', retryable: false }],
    ['9021 inside 1004', { kind: 'fault', fault: ttlFault(60) }, { fault: 'refused', apiCode: '9021' }],
    ['9109', fault(9109, 403), { fault: 'credentials', retryable: false }],
    ['10000', fault(10000, 403), { fault: 'scope', retryable: false }],
    [
      '6111 inside 6003',
      { kind: 'fault', fault: FAULTS.malformedToken },
      { fault: 'credentials', apiCode: '6111' },
    ],
    ['7003', fault(7003, 404), { fault: 'no-zone', retryable: false }],
    ['a code that nobody knows', fault(4242), { fault: 'refused', apiCode: '4242' }],
    ['500', { kind: 'page', status: 500 }, { fault: 'failed', retryable: true, uncertain: true }],
    ['502 as a page', { kind: 'page', status: 502 }, { fault: 'failed', retryable: true, uncertain: true }],
    ['503 with a known code', fault(81058, 503), { fault: 'failed', uncertain: true }],
    ['a redirect', { kind: 'page', status: 302 }, { retryable: expect.any(Boolean) }],
    [
      'a connection that breaks',
      { kind: 'reset' },
      { fault: 'unreachable', retryable: true, uncertain: true },
    ],
    ['a lost reply', { kind: 'lose-reply' }, { fault: 'unreachable', retryable: true, uncertain: true }],
    ['a reply of broken JSON', { kind: 'garbage' }, { fault: 'protocol', retryable: false, uncertain: true }],
  ] as const satisfies [string, Trouble, object][])('is told apart: %s', async (_, trouble, seen) => {
    const { provider, server } = await given()
    server.fail(on('batch'), trouble)
    const error = await faultOf(provider.apply(CHANGE, never))
    expect(error).toMatchObject(seen)
    expect(JSON.stringify([error, error.message, error.stack, String(error.cause)])).not.toContain(TOKEN)
  })

  it('names the changes where there is only one to blame', async () => {
    const { provider, server } = await given()
    server.zone.edit({ name: 'a', type: 'CNAME', content: 'b.example.com' })
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({
      fault: 'refused',
      apiCode: '81054',
      culprits: [0],
    })
    const two = await faultOf(provider.apply([create('b 60 IN A 192.0.2.1'), ...CHANGE], never))
    expect(two.culprits).toEqual([])
    expect(server.zone.records).toHaveLength(1)
  })

  it('carries the wait that was asked for', async () => {
    const { provider, server } = await given()
    server.fail(on('batch'), { kind: 'fault', fault: FAULTS.throttled, headers: { 'retry-after': '17' } })
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({ retryAfterMs: 17_000 })
  })

  it('is not tried again by the SDK: our loop reads first', async () => {
    const { provider, server } = await given()
    server.fail(on('batch'), { kind: 'page', status: 500 }, 5)
    const batches = () => server.calls.filter((call) => call.kind === 'batch').length
    const before = batches()
    await faultOf(provider.apply(CHANGE, never))
    expect(batches()).toBe(before + 1)
  })

  it.each([
    ['never comes', { kind: 'stall' }, 0],
    ['never comes though the change was made', { kind: 'stall-reply' }, 1],
    ['stops half way', { kind: 'half-reply' }, 1],
  ] as const satisfies [string, Trouble, number][])(
    'times out where the reply %s',
    async (_, trouble, commits) => {
      const { provider, server } = await given({ options: { timeout: '300ms' } })
      server.fail(on('batch'), trouble)
      expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({
        fault: 'timeout',
        uncertain: true,
      })
      expect(server.zone.commits).toBe(commits)
    },
  )

  it('leaves at once when the caller gives up', async () => {
    const { provider, server } = await given({ options: { timeout: '60s' } })
    server.fail(on('list'), { kind: 'stall' })
    const gone = new AbortController()
    const reading = faultOf(provider.read({ origins: [], names: [] }, gone.signal))
    setTimeout(() => gone.abort(), 20)
    expect(await reading).toMatchObject({ fault: 'timeout', uncertain: false })
    expect(await faultOf(provider.apply(CHANGE, gone.signal))).toMatchObject({ uncertain: false })
  })

  it('is nothing to be uncertain about where nobody listens', async () => {
    const { provider, server } = await given()
    await server.close()
    // A connection that was held may have carried it; a new one cannot.
    await faultOf(provider.apply(CHANGE, never))
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({
      fault: 'unreachable',
      uncertain: false,
    })
  })

  it('holds the pace when few requests are left, and longer when none is', async () => {
    const { provider, pace, read } = await given({
      server: { budget: { limit: 7, windowSeconds: 300, nowMs: () => 0 } },
    })
    expect(pace.holds).toEqual([50_000, 60_000, 75_000, 100_000, 150_000])
    await read()
    await read()
    expect(await faultOf(provider.apply(CHANGE, never))).toMatchObject({
      fault: 'throttled',
      retryAfterMs: 300_000,
    })
    expect(pace.holds.slice(5)).toEqual([300_000, 300_000, 300_000])
  })
})
