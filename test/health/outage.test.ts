import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { endsOutage } from '../../src/health/outage.ts'

const THRESHOLDS = { rise: 2, fall: 3 }
const pass = outcome('ok', { attempts: 1 })
const late = outcome('ok', { attempts: 2 })
const silence = outcome('timeout', { attempts: 2 })
const refusal = outcome('refused', { attempts: 1 })
const HEARD_MS = 5000
/** Last answered at five seconds; two questions were silent since. */
const before: HealthState = {
  ...initialHealth(0),
  ...{ status: 'up', sinceMs: 1000, heardAtMs: HEARD_MS, fails: 2, unanswered: 4, failingSinceMs: 6000 },
}
const other = (rest: Partial<HealthState>): HealthState => ({ ...initialHealth(0), ...rest })
const diedAt = (sinceMs: number) =>
  other({ status: 'down', sinceMs, fails: 3, unanswered: 6, failingSinceMs: sinceMs - 1000, changes: 1 })
const rose = other({ status: 'up', sinceMs: 7000, passes: 2, changes: 2 })

test.each<{ what: string; others: readonly (HealthState | undefined)[]; ends: boolean }>([
  { what: 'died in silence since', others: [diedAt(6500)], ends: true },
  {
    what: 'answers again, and is not up yet',
    others: [other({ status: 'down', sinceMs: 6500, passes: 1 })],
    ends: true,
  },
  { what: 'is up again already', others: [rose], ends: true },
  { what: 'one of several died', others: [undefined, other({ status: 'up' }), diedAt(6500)], ends: true },
  { what: 'died in silence and refusals', others: [{ ...diedAt(6500), hardFails: 1 }], ends: true },
  { what: 'was refused', others: [{ ...diedAt(6500), unanswered: 0, hardFails: 3 }], ends: false },
  { what: 'drains', others: [{ ...diedAt(6500), drainUntilMs: 9000 }], ends: false },
  { what: 'had been dead for long', others: [diedAt(4000)], ends: false },
  { what: 'was well all the time', others: [other({ status: 'up', sinceMs: 1000, passes: 9 })], ends: false },
  {
    what: 'answered for the first time',
    others: [other({ status: 'up', sinceMs: 6500, passes: 1 })],
    ends: false,
  },
  {
    what: 'was silent, and did not die',
    others: [other({ status: 'up', sinceMs: 1000, fails: 2 })],
    ends: false,
  },
  { what: 'was never asked', others: [other({}), undefined], ends: false },
  { what: 'is not there', others: [], ends: false },
])('the silence was an outage ($ends) where the other probe $what', ({ others, ends }) => {
  expect(endsOutage(before, pass, () => others)).toBe(ends)
})

test('others are not asked of what is no end of a silence', () => {
  const asked = () => {
    throw new Error('asked')
  }
  const well = { ...before, fails: 0, unanswered: 0 }
  for (const seen of [silence, refusal, outcome('no-route', { attempts: 0 })])
    expect(endsOutage(before, seen, asked)).toBe(false)
  expect(endsOutage(well, pass, asked)).toBe(false)
  expect(endsOutage(well, late, () => [diedAt(6500)])).toBe(true)
})

test('an outage teaches nothing of the path, neither its loss nor its quality', () => {
  const limits = { ...THRESHOLDS, quality: { loss: 0.05, windowMs: 12_000 } }
  const seen = [...Array.from({ length: 12 }, () => pass), silence, silence, late, pass]
  const run = (outage: boolean) =>
    seen.reduce((state, each, at) => step(state, each, limits, (at + 1) * 500, outage), initialHealth(0))
  expect(run(false)).toMatchObject({ loss: expect.toSatisfy((loss) => loss > 0.3), poor: expect.anything() })
  expect(run(true)).toMatchObject({ status: 'up', loss: 0, passes: 2 })
  expect(run(true).poor).toBeUndefined()
  expect(run(true).lossDoubt).toBeUndefined()
})
