import { expect, test } from 'vitest'
import type { HealthState, HealthStatus } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import type { Override } from '../../src/core/verdict.ts'
import { initialHealth } from '../../src/health/machine.ts'
import { judge } from '../../src/health/verdict.ts'
import { targetOf } from '../support/pool-sim.ts'

const V4 = '192.0.2.11'
const V6 = '2001:db8::11'
const single = targetOf('sip1', { addresses: [V4] })
const dual = targetOf('sip1', { addresses: [V4, V6] })
const PROBES = [
  { name: 'options', onFail: 'down' as const },
  { name: 'register', onFail: 'down' as const },
  { name: 'media', onFail: 'degrade' as const },
]

function health(status: HealthStatus, rest: Partial<HealthState> = {}): HealthState {
  const run = status === 'down' ? { fails: 3 } : status === 'up' ? { passes: 3 } : {}
  return { ...initialHealth(0), status, ...run, ...rest }
}

type Book = Record<string, HealthState | HealthStatus>

/** Keys: `probe` or `probe address`; what is not named is up. */
function judged(target: typeof single, books: readonly Book[], override?: Override, probes = PROBES) {
  const vantages = books.map((book, at) => ({
    node: `ns${at + 1}`,
    health: (probe: string, address: string) => {
      const found = book[`${probe} ${address}`] ?? book[probe] ?? 'up'
      return typeof found === 'string' ? health(found) : found
    },
  }))
  return judge({ target, probes, vantages, override, nowMs: 100_000 })
}

test.each([
  { book: {}, real: 'up' },
  { book: { options: 'down' }, real: 'down' },
  { book: { register: 'down', media: 'down' }, real: 'down' },
  { book: { media: 'down' }, real: 'degraded' },
  { book: { media: 'down', options: 'unknown' }, real: 'degraded' },
  { book: { options: 'unknown' }, real: 'unknown' },
  { book: { options: 'unknown', register: 'down' }, real: 'down' },
] as { book: Book; real: string }[])('one address, $book: $real', ({ book, real }) => {
  const verdict = judged(single, [book])
  expect(verdict).toMatchObject({ real, effective: real, addresses: [{ address: V4, status: real }] })
})

test.each([
  { v4: 'up', v6: 'up', real: 'up' },
  { v4: 'up', v6: 'down', real: 'up' },
  { v4: 'down', v6: 'up', real: 'up' },
  { v4: 'up', v6: 'unknown', real: 'up' },
  { v4: 'unknown', v6: 'down', real: 'unknown' },
  { v4: 'down', v6: 'down', real: 'down' },
] as const)('two addresses, $v4 and $v6: the target is $real, each address is what it is', (row) => {
  const verdict = judged(dual, [{ [`options ${V4}`]: row.v4, [`options ${V6}`]: row.v6 }])
  expect(verdict.real).toBe(row.real)
  expect(verdict.addresses).toEqual([
    { address: V4, status: row.v4 },
    { address: V6, status: row.v6 },
  ])
})

test('a target with one dead and one degraded address is degraded', () => {
  expect(judged(dual, [{ [`options ${V6}`]: 'down', [`media ${V4}`]: 'down' }]).real).toBe('degraded')
})

test.each([
  { votes: ['down'], real: 'down' },
  { votes: ['down', 'up'], real: 'up' },
  { votes: ['down', 'down', 'up'], real: 'down' },
  { votes: ['down', 'up', 'up'], real: 'up' },
  { votes: ['down', 'unknown', 'unknown'], real: 'down' },
  { votes: ['unknown', 'unknown'], real: 'unknown' },
] as { votes: HealthStatus[]; real: string }[])('vantage points that say $votes make $real', (row) => {
  const books = row.votes.map((options) => ({ options }))
  expect(judged(single, books).real).toBe(row.real)
})

test('vantage points agree since a majority of them did, and are silent only when all that say down are', () => {
  const down = (sinceMs: number, hardFails = 0) => ({ options: health('down', { sinceMs, hardFails }) })
  const ups = (sinceMs: number) => ({
    ...Object.fromEntries(PROBES.map(({ name }) => [name, health('up', { sinceMs })])),
  })
  expect(judged(single, [down(20), down(5), down(9)])).toMatchObject({ sinceMs: 9, silent: true })
  expect(judged(single, [down(20), down(5), down(9, 1)])).toMatchObject({ sinceMs: 9, silent: false })
  expect(judged(single, [ups(7), ups(30), down(1)])).toMatchObject({ real: 'up', sinceMs: 30 })
})

test('a vantage point without a word does not vote', () => {
  const vantages = [
    { node: 'ns1', health: () => health('down') },
    { node: 'ns2', health: () => undefined },
  ]
  expect(judge({ target: single, probes: PROBES, vantages, nowMs: 0 }).real).toBe('down')
})

test('without probes nothing is known, and that is said', () => {
  expect(judged(single, [{}], undefined, [])).toMatchObject({ real: 'unknown', why: ['no probe asks it'] })
})

test.each([
  { kind: 'up', effective: 'up' },
  { kind: 'down', effective: 'down' },
  { kind: 'drain', effective: 'drain' },
] as const)('an override $kind makes it $effective and leaves what was measured', ({ kind, effective }) => {
  const override: Override = { kind, untilMs: 100_001, author: 'alice', reason: 'disk swap' }
  const verdict = judged(single, [{ media: 'down' }], override)
  expect(verdict).toMatchObject({ real: 'degraded', effective, override })
  expect(verdict.why[0]).toMatch(/by alice until 1970-01-01T00:01:40.001Z: disk swap$/)
})

test('an override that has run out is gone', () => {
  const verdict = judged(single, [{}], { kind: 'down', untilMs: 100_000 })
  expect(verdict.effective).toBe('up')
  expect(verdict).not.toHaveProperty('override')
})

test.each([
  { state: health('up', { passes: 0, fails: 1 }), suspect: true },
  { state: health('down', { passes: 1, fails: 0 }), suspect: true },
  { state: health('unknown', { fails: 1 }), suspect: true },
  { state: health('down'), suspect: false },
  { state: health('up'), suspect: false },
])('a verdict is suspect ($suspect) when a run points away from it', ({ state, suspect }) => {
  expect(judged(single, [{ options: state }]).suspect).toBe(suspect)
})

test.each([
  { what: 'all alive', book: {}, silent: false },
  { what: 'dead in silence', book: { options: 'down' }, silent: true },
  { what: 'refused', book: { options: health('down', { hardFails: 1 }) }, silent: false },
  { what: 'coming back', book: { options: health('down', { fails: 0, passes: 1 }) }, silent: false },
  {
    what: 'one in silence, one refused',
    book: { options: 'down', register: health('down', { hardFails: 3 }) },
    silent: false,
  },
  { what: 'one address of two in silence', book: { [`options ${V6}`]: 'down' }, silent: true },
] as { what: string; book: Book; silent: boolean }[])('silent is $silent when $what', ({ book, silent }) => {
  expect(judged(dual, [book]).silent).toBe(silent)
})

test.each([
  {
    what: 'up since its last probe came up',
    book: { options: health('up', { sinceMs: 5 }), register: health('up', { sinceMs: 9 }) },
    sinceMs: 9,
  },
  {
    what: 'down since its first probe went down',
    book: { options: health('down', { sinceMs: 5 }), register: health('down', { sinceMs: 9 }) },
    sinceMs: 5,
  },
  {
    what: 'degraded since the fatal one came back',
    book: { options: health('up', { sinceMs: 9 }), media: health('down', { sinceMs: 5 }) },
    sinceMs: 9,
  },
] as { what: string; book: Book; sinceMs: number }[])('sinceMs: $what', ({ book, sinceMs }) => {
  expect(judged(single, [book]).sinceMs).toBe(sinceMs)
})

test('a target of two addresses is down since the last of them went', () => {
  const book = {
    [`options ${V4}`]: health('down', { sinceMs: 5 }),
    [`options ${V6}`]: health('down', { sinceMs: 9 }),
  }
  expect(judged(dual, [book]).sinceMs).toBe(9)
})

test('why says it in plain words with figures, worst first, and stands still while all is well', () => {
  const last = outcome('timeout', { attempts: 2, detail: 'no answer in 500 ms' })
  const book = {
    media: health('down', {
      fails: 7,
      last: outcome('bad-status', { attempts: 1, detail: '503 Service Unavailable' }),
    }),
    [`options ${V4}`]: health('down', { last }),
    [`options ${V6}`]: health('up', { fails: 1, passes: 0, last: outcome('refused', { attempts: 1 }) }),
    [`media ${V6}`]: 'up' as const,
  }
  expect(judged(dual, [book]).why).toEqual([
    `options on ${V4}: 3 fails in a row, last: no answer in 500 ms, 2 sent`,
    `media on ${V4}: 7 fails in a row, last: 503 Service Unavailable, 1 sent`,
    `options on ${V6}: 1 fail, last: refused, 1 sent`,
  ])
  expect(judged(dual, [{}]).why).toEqual(['every probe passes'])
  expect(judged(single, [{ options: 'unknown' }]).why).toEqual(['options: not known, not asked yet'])
})

test('a fault of our own is told as such', () => {
  const state = health('down', { last: outcome('no-route', { attempts: 0 }) })
  expect(judged(single, [{ options: state }]).why[0]).toBe(
    'options: 3 fails in a row, last: no route of our own (not counted)',
  )
})

const drained = (untilMs = 300_000) => health('down', { drainUntilMs: untilMs, fails: 0 })

test.each([
  { book: { options: drained() }, real: 'drain' },
  { book: { options: drained(), register: drained() }, real: 'drain' },
  // One probe's word that it lives does not outweigh another's that it is dead.
  { book: { options: drained(), register: 'down' }, real: 'down' },
  { book: { media: drained() }, real: 'degraded' },
  { book: { options: drained(), media: 'down' }, real: 'drain' },
] as { book: Book; real: string }[])(
  'a server that asks for no new calls, $book: $real',
  ({ book, real }) => {
    expect(judged(single, [book])).toMatchObject({ real, effective: real })
  },
)

test('a target with one address that drains is as good as its other one', () => {
  const verdict = judged(dual, [{ [`options ${V6}`]: drained() }])
  expect(verdict).toMatchObject({ real: 'up', addresses: [{ status: 'up' }, { status: 'drain' }] })
})

test('a drain says until when, and is no silent death', () => {
  const verdict = judged(single, [{ options: drained() }])
  expect(verdict.why).toEqual(['options: asks for no new calls until 1970-01-01T00:05:00.000Z'])
  expect(verdict.silent).toBe(false)
})

test('an impaired probe degrades, whatever its onFail, and says what is wrong', () => {
  const last = outcome('ok', { attempts: 1, impaired: 'took 300 ms, more than 200 ms' })
  const verdict = judged(single, [{ options: health('up', { impaired: true, last }) }])
  expect(verdict).toMatchObject({ real: 'degraded', effective: 'degraded' })
  expect(verdict.why).toEqual(['options: answers, but impaired, last: took 300 ms, more than 200 ms'])
})

test('each plane has a verdict of its own, and a pool that ignores one is not moved by it', () => {
  const probes = [
    { name: 'options', onFail: 'down' as const },
    { name: 'media', onFail: 'ignore' as const, plane: 'media' as const },
  ]
  const vantages = [{ node: 'ns1', health: (probe: string) => health(probe === 'media' ? 'down' : 'up') }]
  const verdict = judge({ target: single, probes, vantages, nowMs: 0 })
  expect(verdict).toMatchObject({ real: 'up', planes: { control: 'up', media: 'down' } })
  expect(verdict.why).toEqual(['media: 3 fails in a row, not asked yet (not counted here)'])
  expect(judge({ target: single, probes: probes.slice(0, 1), vantages, nowMs: 0 }).planes).toEqual({
    control: 'up',
  })
})

test.each([
  { book: {}, real: 'degraded' },
  { book: { options: 'unknown' }, real: 'degraded' },
  { book: { media: 'down' }, real: 'degraded' },
  { book: { options: 'down' }, real: 'down' },
  { book: { options: drained() }, real: 'drain' },
] as { book: Book; real: string }[])(
  'without what it depends on, $book: $real, never dead for that',
  ({ book, real }) => {
    const vantages = [
      {
        node: 'ns1',
        health: (probe: string) => {
          const found = book[probe] ?? 'up'
          return typeof found === 'string' ? health(found) : found
        },
      },
    ]
    const broken = [{ name: 'carriers/a', sinceMs: 42 }]
    const verdict = judge({ target: single, probes: PROBES, vantages, broken, nowMs: 100 })
    expect(verdict.real).toBe(real)
    expect(verdict.why.join()).toContain('carriers/a, which it depends on, is down')
  },
)

test('a probable ban is said first, and leaves the verdict what it is', () => {
  const probes = [
    { name: 'options', onFail: 'down' as const, kind: 'sip-options' },
    { name: 'ping', onFail: 'down' as const, kind: 'icmp' },
  ]
  const dead = health('down', { heardAtMs: 5, failingSinceMs: 10 })
  const vantages = [{ node: 'ns1', health: (probe: string) => (probe === 'options' ? dead : health('up')) }]
  const verdict = judge({ target: single, probes, vantages, nowMs: 100 })
  expect(verdict).toMatchObject({ real: 'down', probableBan: true })
  expect(verdict.why[0]).toContain('this monitor may be banned there')
})
