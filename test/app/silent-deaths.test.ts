import fc from 'fast-check'
import { expect, test } from 'vitest'
import { familyOf } from '../../src/app/evidence.ts'
import { layOut } from '../../src/app/roster.ts'
import { SilentDeaths } from '../../src/app/silent-deaths.ts'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { outlookOf } from '../../src/health/families.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import type { Watched } from '../../src/health/sight.ts'
import { settingsOf } from '../support/settings.ts'

const { watches } = layOut(
  settingsOf(`
probes:
  options: { type: sip-options, interval: 1s }
monitor: { sentinels: [192.0.2.53, "2001:db8::53"] }
pools:
  edge:
    policy: all
    probes: [options]
    targets:
      a: { address: [192.0.2.11, "2001:db8::11"] }
      b: { address: [192.0.2.12, "2001:db8::12"] }
      c: { address: 192.0.2.13 }
`),
)
const all = [...watches.values()]

const SEEN = [
  outcome('ok', { attempts: 1 }),
  outcome('timeout', { attempts: 2 }),
  outcome('refused', { attempts: 1 }),
  outcome('overload', { attempts: 1, retryAfterMs: 60_000 }),
  outcome('no-route', { attempts: 0 }),
]

test('when it says that every silent death is proved, a look at everybody finds nothing in doubt either', () => {
  const steps = fc.array(
    fc.record({
      who: fc.nat({ max: all.length - 1 }),
      seen: fc.oneof(
        { weight: 3, arbitrary: fc.constant(1) },
        { weight: 2, arbitrary: fc.nat({ max: SEEN.length - 1 }) },
      ),
      pauseMs: fc.nat({ max: 800 }),
    }),
    { minLength: 10, maxLength: 120 },
  )
  let shortcuts = 0
  let doubts = 0
  fc.assert(
    fc.property(steps, (story) => {
      const deaths = new SilentDeaths()
      const states = new Map<string, HealthState>(all.map(({ key }) => [key, initialHealth(0)]))
      let nowMs = 1000
      for (const { who, seen, pauseMs } of story) {
        nowMs += pauseMs
        const watch = all[who] ?? expect.fail()
        const state = step(
          states.get(watch.key) ?? expect.fail(),
          SEEN[seen] ?? expect.fail(),
          { rise: 2, fall: 2 },
          nowMs,
        )
        states.set(watch.key, state)
        deaths.note(watch, state)
        const watched = all.map(
          ({ key, address, target, sentinel }): Watched => ({
            id: target.id,
            family: familyOf(address),
            ...(sentinel === true ? { sentinel } : {}),
            state: states.get(key) ?? expect.fail(),
          }),
        )
        const { sight, lostFamilies } = outlookOf(watched, nowMs)
        if (sight.kind !== 'clear' || lostFamilies.length > 0) doubts++
        if (!deaths.proved) continue
        shortcuts++
        expect(sight.kind).toBe('clear')
        expect(lostFamilies).toEqual([])
      }
    }),
    { seed: 20261105, numRuns: 300 },
  )
  // Both kinds of moment came up: the property says something.
  expect(shortcuts).toBeGreaterThan(1000)
  expect(doubts).toBeGreaterThan(100)
})
