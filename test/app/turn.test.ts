import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace } from '../../src/app/pace.ts'
import { type Contender, LONGEST_WAIT_MS, mayAsk } from '../../src/app/turn.ts'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'

const NOW_MS = 100_000
const probe = { fall: 3, timeoutMs: 500, fastIntervalMs: 200 }
const passed = outcome('ok', { attempts: 1 })

function health(rest: Partial<HealthState> = {}): HealthState {
  return {
    status: 'up',
    sinceMs: 0,
    passes: 9,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    loss: 0,
    changes: 0,
    last: passed,
    lastAtMs: NOW_MS - 500,
    ...rest,
  }
}

const silent = (fails: number, rest: Partial<HealthState> = {}) =>
  health({ passes: 0, fails, unanswered: 2 * fails, last: outcome('timeout', { attempts: 2 }), ...rest })

const refused = (fails: number) =>
  health({ passes: 0, fails, hardFails: fails, last: outcome('refused', { attempts: 1 }) })

/** Due now, and well; on a path that it knows. */
function contender(rest: Partial<Contender> = {}): Contender {
  return {
    probe,
    state: health(),
    budget: { timeoutMs: 450, retransmitMs: 40 },
    requests: 1,
    expected: 1,
    asking: false,
    askedMs: 0,
    resent: true,
    wishMs: NOW_MS,
    hurried: false,
    ...rest,
  }
}

const paceOf = (...beforeMs: readonly number[]) => {
  const pace = new Pace()
  for (const ms of beforeMs) pace.note(NOW_MS - ms)
  return pace
}

/** Whether one that is well may ask beside `other`, which has just sent its first two. */
const mayBeside = (other: Contender, own = contender(), pace = paceOf(450, 410)) =>
  mayAsk(own, [own, other], pace, NOW_MS)

describe('whose turn it is among those that share four requests a second', () => {
  it('is that of whoever comes while all are well', () => {
    expect(mayBeside(contender())).toBe(true)
  })

  it('is that of a watch in a run of silence: who is well waits, and it does not', () => {
    const leader = contender({ state: silent(1), expected: 2 })
    expect(mayBeside(leader)).toBe(false)
    expect(mayAsk(leader, [contender(), leader], paceOf(450, 410), NOW_MS)).toBe(true)
  })

  it('is that of a watch whose question is open, for a run may begin with it', () => {
    expect(mayBeside(contender({ asking: true, askedMs: NOW_MS - 10 }), contender(), paceOf(10))).toBe(false)
  })

  it('is not that of a question of several requests, open for as long as its slowest', () => {
    const several = contender({ asking: true, askedMs: NOW_MS - 10, requests: 2 })
    expect(mayBeside(several, contender(), paceOf(10, 10))).toBe(true)
  })

  it.each([
    ['is down', contender({ state: silent(9, { status: 'down' }), expected: 2 })],
    [
      'failed last by our own fault',
      contender({ state: silent(1, { last: outcome('no-route', { attempts: 0 }) }) }),
    ],
    ['asks nobody', contender({ state: silent(1), requests: 0 })],
    ['has no outcome yet', contender({ state: undefined, asking: true, askedMs: NOW_MS - 10 })],
  ])('is not that of one that %s', (_, other) => {
    expect(mayBeside(other)).toBe(true)
  })

  it('is that of who is nearest to a verdict, and of the first in line where two are as near', () => {
    const [near, far, asFar] = [silent(2), silent(1), silent(1)].map((state) =>
      contender({ state, expected: 2 }),
    ) as [Contender, Contender, Contender]
    const line = [far, asFar, near]
    const pace = paceOf(450, 410)
    expect(line.map((one) => mayAsk(one, line, pace, NOW_MS))).toEqual([false, false, true])
    expect([far, asFar].map((one) => mayAsk(one, [far, asFar], pace, NOW_MS))).toEqual([true, false])
  })

  it('is anybody’s beside one that asks so seldom that the pace has room', () => {
    const slow = contender({
      state: silent(1),
      expected: 2,
      asking: true,
      askedMs: NOW_MS - 450,
      probe: { fall: 3, timeoutMs: 10_000, fastIntervalMs: 200 },
      budget: { timeoutMs: 10_000 },
    })
    expect(mayBeside(slow)).toBe(true)
  })

  it('is anybody’s once the last question of the run has left', () => {
    const closing = contender({
      state: silent(2),
      asking: true,
      askedMs: NOW_MS - 10,
      budget: { timeoutMs: 40 },
    })
    expect(mayBeside(closing)).toBe(true)
  })

  it('waits for the retransmission of an open question, the last of a run as well', () => {
    const closing = contender({
      state: silent(2),
      asking: true,
      askedMs: NOW_MS - 10,
      budget: { timeoutMs: 40 },
    })
    const pace = paceOf(550, 510, 10)
    expect(mayBeside(closing, contender(), pace)).toBe(true)
    expect(mayBeside({ ...closing, resent: false }, contender(), pace)).toBe(false)
  })

  it('is anybody’s beside refusals that the pace has room for, and waits where it has not', () => {
    const leader = contender({ state: refused(1), wishMs: NOW_MS + 50 })
    expect(mayBeside(leader, contender(), paceOf(50))).toBe(true)
    expect(mayBeside(leader, contender(), paceOf(300, 50))).toBe(false)
  })

  it('is that of a watch whose kept connection broke: its two refusals come before other questions', () => {
    const tripped = contender({ hurried: true })
    expect(mayBeside(tripped, contender(), paceOf(600, 300))).toBe(false)
    expect(mayAsk(tripped, [contender({ state: silent(2) }), tripped], paceOf(600, 300), NOW_MS)).toBe(true)
  })

  it('is that of who has waited two seconds, whoever is near to a verdict, the oldest first', () => {
    const leader = contender({ state: silent(2), expected: 2 })
    const waited = (ms: number) => contender({ wishMs: NOW_MS - LONGEST_WAIT_MS - ms })
    const [own, older] = [waited(0), waited(1)]
    const pace = paceOf(900, 500, 450)
    expect(mayAsk(own, [leader, own], pace, NOW_MS)).toBe(true)
    expect(mayAsk(leader, [leader, own], pace, NOW_MS)).toBe(false)
    expect([own, older].map((one) => mayAsk(one, [leader, own, older], pace, NOW_MS))).toEqual([false, true])
  })

  it('is that of who asks for the first time: a start waits for nobody', () => {
    const leader = contender({ state: silent(1), expected: 2 })
    expect(mayBeside(leader, contender({ state: undefined }))).toBe(true)
    const { lastAtMs: _, ...unasked } = health()
    expect(mayBeside(leader, contender({ state: unasked }))).toBe(true)
  })

  it('is always somebody’s, whatever the line, so that nobody waits for one who waits', () => {
    const state = fc.oneof(
      fc.constant(health()),
      fc.integer({ min: 1, max: 8 }).map((fails) => silent(fails)),
      fc.integer({ min: 1, max: 2 }).map(refused),
      fc.constant(silent(9, { status: 'down' })),
      fc.constant(silent(3, { loss: 0.4 })),
    )
    const someone = fc.record({
      state,
      requests: fc.integer({ min: 0, max: 3 }),
      expected: fc.integer({ min: 1, max: 2 }),
      sinceMs: fc.integer({ min: 0, max: 5000 }),
      hurried: fc.boolean(),
    })
    const pace = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 4 })
    fc.assert(
      fc.property(fc.array(someone, { minLength: 1, maxLength: 6 }), pace, (people, sent) => {
        const line = people.map(({ sinceMs, ...rest }) => contender({ ...rest, wishMs: NOW_MS - sinceMs }))
        const may = line.filter((one) => mayAsk(one, line, paceOf(...sent.sort((a, b) => b - a)), NOW_MS))
        expect(may.length).toBeGreaterThan(0)
      }),
    )
  })
})
