import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { silentFallOf } from '../../src/health/loss.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { provedSpurious } from '../../src/health/spurious.ts'

const thresholds = { rise: 2, fall: 3 }
const clean = outcome('ok', { attempts: 1, rttMs: 1 })
const doubled = outcome('ok', { attempts: 2 })
const silent = outcome('timeout', { attempts: 2 })

function lived(story: readonly Outcome[], from: HealthState = initialHealth(0)): HealthState {
  return story.reduce((state, seen, at) => step(state, seen, thresholds, 1000 * at), from)
}

/** Of a path of 1 ms that never lost anything. */
const known = lived(Array(20).fill(clean))

describe('a retransmission that proves needless', () => {
  test('teaches no loss: silence convicts after `fall` again, at once', () => {
    const doubting = step(known, doubled, thresholds, 20_000)
    expect(silentFallOf({ ...doubting, fails: 1, unanswered: 2 }, 3)).toBe(8)
    const sure = provedSpurious(doubting)
    expect(sure.loss).toBe(0)
    expect(silentFallOf({ ...sure, fails: 1, unanswered: 2 }, 3)).toBe(3)
    expect(sure).not.toHaveProperty('lossDoubt')
  })

  test('leaves the round trip as Karn would have it: no sample, and the time doubled until an answer needs no retransmission', () => {
    const sure = provedSpurious(step(known, doubled, thresholds, 20_000))
    const { srttMs, rttvarMs } = known
    expect(sure).toMatchObject({ srttMs, rttvarMs, rttBackoff: 1 })
    expect(step(sure, clean, thresholds, 21_000).rttBackoff).toBe(0)
  })

  test('leaves the silent questions before it what they are: lost', () => {
    const before = lived([silent], known)
    const sure = provedSpurious(step(before, doubled, thresholds, 21_000))
    expect(sure.loss).toBe(step(before, clean, thresholds, 21_000).loss)
    expect(sure.loss).toBeGreaterThan(0.3)
  })

  test('of several, each is taken back by itself', () => {
    const doubting = step(known, outcome('ok', { attempts: 3 }), thresholds, 20_000)
    const half = provedSpurious(doubting)
    expect(half.loss).toBe(step(known, doubled, thresholds, 20_000).loss)
    expect(half).toMatchObject({ lossDoubt: { loss: 0, lost: 1, open: 1 } })
    expect(provedSpurious(half).loss).toBe(0)
  })

  test.each<[string, readonly Outcome[]]>([
    ['once it was taken back', []],
    ['after a newer answer', [clean]],
    ['after silence', [silent]],
    ['after a refusal', [outcome('refused', { attempts: 1 })]],
    ['after a word that is our own fault', [outcome('event-loop-late', { attempts: 1 })]],
  ])('is no news %s', (_, story) => {
    const doubting = lived([doubled], known)
    const state = story.length === 0 ? provedSpurious(doubting) : lived(story, doubting)
    expect(provedSpurious(state)).toBe(state)
  })

  test.each<[string, readonly Outcome[]]>([
    ['that failed', [outcome('bad-status', { attempts: 2 })]],
    ['that nobody answered', [silent]],
    ['that was sent once', [clean]],
    ['that ended an outage, which taught nothing', [silent, silent, silent, doubled]],
  ])('is no news of a question %s', (_, story) => {
    const state = lived(story, known)
    expect(provedSpurious(state)).toBe(state)
  })

  test('is no loss of quality either', () => {
    const limits = { ...thresholds, quality: { loss: 0.1, windowMs: 30_000 } }
    let state = initialHealth(0)
    for (let atMs = 0; atMs < 60_000; atMs += 1000) {
      state = step(state, atMs % 5000 === 0 ? doubled : clean, limits, atMs)
      if (atMs % 5000 === 0) state = provedSpurious(state)
    }
    expect(state.poor).toBeUndefined()
    expect(state.quality?.[0]?.slots.reduce((lost, slot) => lost + slot.lost, 0)).toBe(0)
  })
})

/** What may befall a question: `d` is answered twice, `l` once though sent twice. */
const fate = fc.constantFrom('clean', 'd', 'l', 'silent', 'refused', 'ours')
const seenAs = { clean, d: doubled, l: doubled, silent, refused: outcome('refused', { attempts: 1 }) }
const ours = outcome('event-loop-late', { attempts: 1 })

function live(story: readonly string[], told: (fate: string) => string = (each) => each): HealthState {
  return story.reduce((state, each, at) => {
    const kind = told(each)
    const next = step(state, { ...seenAs, ours }[kind as 'd'], thresholds, 1000 * at)
    return kind === 'd' ? provedSpurious(next) : next
  }, initialHealth(0))
}

test('whatever happens, a path whose every retransmission proved needless is what it is to one that was sent once', () => {
  fc.assert(
    fc.property(fc.array(fate, { maxLength: 60 }), (story) => {
      const once = live(story, (each) => (each === 'd' ? 'clean' : each))
      const twice = live(story)
      expect(twice.loss).toBe(once.loss)
      expect(twice).toMatchObject({ status: once.status, fails: once.fails, passes: once.passes })
    }),
    { seed: 20261121, numRuns: 1000 },
  )
})

test('taking back never raises the estimate, and a real loss teaches as before', () => {
  fc.assert(
    fc.property(fc.array(fate, { maxLength: 60 }), (story) => {
      const careful = live(story, (each) => (each === 'd' ? 'l' : each))
      expect(live(story).loss).toBeLessThanOrEqual(careful.loss)
      const real = live(story, (each) => (each === 'd' ? 'clean' : each))
      expect(live([...story, 'l']).loss).toBe(step(real, doubled, thresholds, 1e9).loss)
    }),
    { seed: 20261122, numRuns: 1000 },
  )
})
