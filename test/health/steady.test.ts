import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { step } from '../../src/health/machine.ts'
import { steadyPass } from '../../src/health/steady.ts'

const figure = fc.double({ min: 0, max: 1e6, noNaN: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })

const well = fc.record<HealthState>({
  status: fc.constant('up'),
  sinceMs: figure,
  passes: fc.nat(),
  fails: fc.nat(3),
  hardFails: fc.nat(1),
  unanswered: fc.nat(6),
  heardAtMs: figure,
  loss: share,
  changes: fc.nat(9),
  srttMs: figure,
  rttvarMs: figure,
  rttSamples: fc.nat(8),
  rttBackoff: fc.nat(6),
  last: fc.constant(outcome('ok', { attempts: 1 })),
  lastAtMs: figure,
})
const pass = fc.record(
  { attempts: fc.constant(1), rttMs: figure, status: fc.constant(200) },
  { requiredKeys: ['attempts'] },
)
const thresholds = { rise: 2, fall: 3 }

describe('a steady pass', () => {
  test('says what the general way says', () => {
    fc.assert(
      fc.property(well, pass, figure, (state, given, nowMs) => {
        const seen = outcome('ok', given)
        // One impaired pass in a row is what sends a state the general way; it changes nothing else.
        const { impairedRun, ...general } = step({ ...state, impairedRun: 1 }, seen, thresholds, nowMs)
        expect(impairedRun).toBeUndefined()
        expect(steadyPass(state, seen, nowMs)).toEqual(general)
        expect(step(state, seen, thresholds, nowMs)).toEqual(general)
      }),
      { seed: 31, numRuns: 2000 },
    )
  })

  test('ends the doubt that an earlier answer left', () => {
    const [state] = fc.sample(well, { seed: 3, numRuns: 1 })
    if (state === undefined) throw new Error('one was asked for')
    const doubted = { ...state, lossDoubt: { loss: 0.1, lost: 1, open: 1 } }
    const seen = outcome('ok', { attempts: 1 })
    expect(steadyPass(doubted, seen, 9)).toEqual(steadyPass(state, seen, 9))
    expect(step({ ...doubted, impairedRun: 1 }, seen, thresholds, 9)).not.toHaveProperty('lossDoubt')
  })

  test.each<[string, Partial<HealthState>]>([
    ['of a server that is down', { status: 'down' }],
    ['that is not known yet', { status: 'unknown' }],
    ['in a run of fails', { failingSinceMs: 1 }],
    ['that drains', { drainUntilMs: 1 }],
    ['that is impaired', { impaired: true }],
    ['about to be', { impairedRun: 1 }],
    ['on a path that is watched', { quality: [] }],
    ['on a path that is poor', { poor: { what: 'loss' } }],
  ])('is none %s', (_, trouble) => {
    const [state] = fc.sample(well, { seed: 1, numRuns: 1 })
    if (state === undefined) throw new Error('one was asked for')
    expect(steadyPass(state, outcome('ok', { attempts: 1 }), 9)).toBeDefined()
    expect(steadyPass({ ...state, ...trouble }, outcome('ok', { attempts: 1 }), 9)).toBeUndefined()
  })

  test('is neither a fail, nor an impaired pass, nor one after a retransmission, nor the first sample of a path', () => {
    const [state] = fc.sample(well, { seed: 2, numRuns: 1 })
    if (state === undefined) throw new Error('one was asked for')
    expect(steadyPass(state, outcome('timeout', { attempts: 2 }), 9)).toBeUndefined()
    expect(steadyPass(state, outcome('ok', { attempts: 1, impaired: 'slow' }), 9)).toBeUndefined()
    expect(steadyPass(state, outcome('ok', { attempts: 2 }), 9)).toBeUndefined()
    const { srttMs: _, rttvarMs: _1, ...fresh } = state
    expect(steadyPass(fresh, outcome('ok', { attempts: 1 }), 9)).toBeUndefined()
  })
})
