import { describe, expect, it } from 'vitest'
import type { QualityTrack } from '../../src/core/health.ts'
import { type Outcome, outcome, type Sample } from '../../src/core/outcome.ts'
import { figuresOf, track, unlose } from '../../src/health/quality-window.ts'

const WINDOW_MS = 30_000
const pass = (rttMs?: number, attempts = 1) =>
  outcome('ok', { attempts, ...(rttMs === undefined ? {} : { rttMs }) })
const silent = (attempts = 1) => outcome('timeout', { attempts })

/** Outcomes at these seconds. */
function tracked(...story: readonly (readonly [number, Outcome])[]): readonly QualityTrack[] {
  return story.reduce<readonly QualityTrack[]>(
    (tracks, [atS, seen]) => track(tracks, seen, WINDOW_MS, true, atS * 1000),
    [],
  )
}
const figures = (tracks: readonly QualityTrack[], atS: number, quorum = 1) =>
  figuresOf(tracks, { windowMs: WINDOW_MS }, quorum, atS * 1000)
const every = (fromS: number, toS: number, seen: Outcome) =>
  Array.from({ length: toS - fromS + 1 }, (_, at): [number, Outcome] => [fromS + at, seen])

describe('the window of a path', () => {
  it('takes a silence that was too long for loss for none', () => {
    const story = (lost: number) => tracked(...every(1, 10, pass(5)), [11, silent(lost)], [12, pass(5)])
    expect(figures(story(12), 12)).toMatchObject({ lost: 12, sent: 23 })
    expect(figures(story(13), 12)).toMatchObject({ lost: 0, sent: 11 })
  })

  it('counts every transmission of a silent question', () => {
    expect(figures(tracked(...every(1, 10, pass(5)), [11, silent(3)], [12, pass(5)]), 12)?.lost).toBe(3)
  })

  it('forgets what is as old as it is long', () => {
    const [only] = tracked(...every(0, 60, pass(5)))
    expect(only?.slots.length).toBeLessThanOrEqual(10)
    expect(Math.min(...(only?.slots.map(({ atMs }) => atMs) ?? []))).toBeGreaterThan(60_000 - WINDOW_MS)
    expect(figures([...(only === undefined ? [] : [only])], 60)?.sent).toBeLessThanOrEqual(30)
    const early = tracked(...every(0, 9, pass(5)))
    expect(figures(early, 29.999)?.sent).toBe(10)
    expect(figures(early, 30)).toBeUndefined()
  })

  it('slides by a tenth: answers of three seconds stand together', () => {
    const [only] = tracked([0, pass(5)], [2.999, pass(5)], [3, pass(5)])
    expect(only?.slots.map(({ atMs, sent }) => [atMs, sent])).toEqual([
      [0, 2],
      [3000, 1],
    ])
  })

  it('knows no difference between answers that a whole window lies between', () => {
    const close = tracked([0, pass(5)], [1, pass(25)])
    expect(close[0]?.slots[0]).toMatchObject({ diffs: 1, diffSumMs: 20 })
    const apart = tracked([0, pass(5)], [31, pass(25)])
    expect(apart[0]?.slots).toMatchObject([{ diffs: 0, rtts: 1 }])
  })

  it('is not touched by what is our own fault, nor by what nothing was sent for', () => {
    const before = tracked(...every(1, 10, pass(5)))
    expect(track(before, outcome('event-loop-late', { attempts: 2 }), WINDOW_MS, true, 11_000)).toEqual(
      before,
    )
    expect(track(before, outcome('report-missing', { attempts: 0 }), WINDOW_MS, true, 11_000)).toEqual(before)
  })

  it('is kept for thirty-two hosts at the most', () => {
    const samples = Array.from(
      { length: 40 },
      (_, at): Sample => ({ host: `192.0.2.${at}`, sent: 1, answered: true }),
    )
    const tracks = tracked([1, { ...pass(), samples }], [2, { ...pass(), samples }])
    expect(tracks.map(({ slots }) => slots[0]?.sent)).toEqual(Array(32).fill(2))
  })

  it('tells each figure by the host that is needed, not by the best', () => {
    const sample = (host: string, rttMs: number, sent = 1): Sample => ({ host, sent, answered: true, rttMs })
    const seen = { ...pass(), samples: [sample('a', 5), sample('b', 50, 2), sample('c', 90, 3)] }
    const tracks = tracked(...every(1, 10, seen))
    const told = [1, 2, 3].map((quorum) => figures(tracks, 10, quorum))
    expect(told.map((each) => each?.loss)).toEqual([0, 1 / 2, 2 / 3])
    expect(told.map((each) => each?.latencyMs)).toEqual([5, 50, 90])
    expect(figures(tracks, 10, 9)?.loss).toBe(2 / 3)
  })

  it('takes back one loss of a target asked itself, none of a host asked in its place, and none that is not there', () => {
    const lost = tracked([1, pass(5, 2)])
    expect(unlose(lost)[0]?.slots[0]?.lost).toBe(0)
    expect(unlose(unlose(lost))).toEqual(unlose(lost))
    const elsewhere = tracked([1, { ...pass(), samples: [{ host: 'a', sent: 2, answered: true }] }])
    expect(unlose(elsewhere)).toEqual(elsewhere)
  })
})
