import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { type Outlook, RunningOutlook } from '../../src/health/families.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { forgetBlindness, type Watched } from '../../src/health/sight.ts'
import { outlookFromScratch } from './sight-from-scratch.ts'

/** Hosts of one family, of both and of several watches each, and sentinels. */
const HOSTS: readonly Omit<Watched, 'state'>[] = [
  { id: 'a', family: 4 },
  { id: 'a', family: 4 },
  { id: 'a', family: 6 },
  { id: 'b', family: 4 },
  { id: 'b', family: 6 },
  { id: 'c', family: 4 },
  { id: 'd', family: 6 },
  { id: 'four', family: 4, sentinel: true },
  { id: 'six', family: 6, sentinel: true },
]
const ONE_FAMILY = HOSTS.filter(({ family }) => family === 4)

const SEEN = [
  outcome('timeout', { attempts: 2 }),
  outcome('ok', { attempts: 1 }),
  outcome('refused', { attempts: 1 }),
  outcome('overload', { attempts: 1, retryAfterMs: 2_000 }),
  outcome('no-route', { attempts: 0 }),
]

interface Step {
  readonly who: number
  readonly seen: number
  readonly pauseMs: number
  /** Silence since then is struck out of everybody's health, as when sight comes back. */
  readonly strike: boolean
}

const oneStep: fc.Arbitrary<Step> = fc.record({
  who: fc.nat({ max: 20 }),
  seen: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat({ max: SEEN.length - 1 }) },
  ),
  pauseMs: fc.constantFrom(0, 1, 50, 300, 900),
  strike: fc.nat({ max: 40 }).map((one) => one === 0),
})

/** A lazy list is one all the same. */
function plain({ sight, lostFamilies }: Outlook): unknown {
  const asked = sight.kind === 'unproven' ? { ...sight, ask: [...sight.ask] } : sight
  return { sight: asked, lostFamilies }
}

test.each([
  ['both families', HOSTS],
  ['one family', ONE_FAMILY],
])('what it says of %s after every outcome is what a look at everybody says', (_, hosts) => {
  const met = new Map<string, number>()
  fc.assert(
    fc.property(fc.array(oneStep, { minLength: 20, maxLength: 120 }), (story) => {
      const states: HealthState[] = hosts.map(() => initialHealth(0))
      const watched = () => hosts.map((host, at): Watched => ({ ...host, state: states[at] as HealthState }))
      let running = new RunningOutlook(watched())
      let nowMs = 1000
      let startMs = nowMs
      for (const { who, seen, pauseMs, strike } of story) {
        nowMs += pauseMs
        const at = who % hosts.length
        const next = step(states[at] as HealthState, SEEN[seen] ?? expect.fail(), { rise: 2, fall: 2 }, nowMs)
        states[at] = next
        running.note(at, next)
        if (strike) {
          for (const [one, state] of states.entries()) {
            states[one] = forgetBlindness(state, startMs, nowMs)
          }
          running = new RunningOutlook(watched())
          startMs = nowMs
        }
        const whole = outlookFromScratch(watched(), nowMs)
        expect(plain(running.outlook(nowMs))).toEqual(plain(whole))
        const inDoubt = whole.sight.kind !== 'clear' || whole.lostFamilies.length > 0
        if (running.proved) expect(inDoubt).toBe(false)
        const kind = `${whole.sight.kind}${whole.lostFamilies.length > 0 ? ' but a family' : ''}${running.proved ? ', proved' : ''}`
        met.set(kind, (met.get(kind) ?? 0) + 1)
      }
    }),
    { seed: 20261121, numRuns: 150 },
  )
  // Every kind of moment came up: the property says something.
  for (const kind of ['clear, proved', 'clear', 'unproven', 'lost'])
    expect(met.get(kind), kind).toBeGreaterThan(50)
  if (hosts === HOSTS) expect(met.get('clear but a family')).toBeGreaterThan(50)
})

test('five thousand watches that fall silent together cost what moved: a look at everybody after each would be 25 million', () => {
  const COUNT = 5_000
  const heard = step(initialHealth(0), outcome('ok', { attempts: 1 }), { rise: 2, fall: 1 }, 1000)
  let reads = 0
  const watched = Array.from(
    { length: COUNT },
    (_, at): Watched => ({ id: `${at >> 1}`, family: 4, state: heard }),
  )
  const running = new RunningOutlook(watched)
  for (let at = 0; at < COUNT; at++) {
    const { heardAtMs: _, ...silent } = step(
      heard,
      outcome('timeout', { attempts: 2 }),
      { rise: 2, fall: 1 },
      2000,
    )
    const counted = {
      ...silent,
      // Read whenever this watch is looked at.
      get heardAtMs() {
        reads++
        return 1000
      },
    }
    running.note(at, counted)
    expect(running.outlook(2000).sight.kind).toBe(at === COUNT - 1 || at === COUNT - 2 ? 'lost' : 'unproven')
  }
  expect(reads).toBeLessThan(COUNT * 20)
})
