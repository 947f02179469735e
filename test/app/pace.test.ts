import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace, REQUESTS_PER_SECOND } from '../../src/app/pace.ts'

describe('the pace of requests toward one target', () => {
  it('lets four requests go at once and holds the fifth back for a second after the first', () => {
    const pace = new Pace()
    for (const atMs of [0, 10, 20, 30]) {
      expect(pace.earliestMs(atMs, 1, 0)).toBe(atMs)
      pace.note(atMs)
    }
    expect(pace.earliestMs(40, 1, 0)).toBe(1000)
  })

  it('starts a question only when its retransmission will fit as well', () => {
    const pace = new Pace()
    for (const atMs of [0, 0, 600]) pace.note(atMs)
    pace.note(700)
    expect(pace.earliestMs(1000, 2, 250)).toBe(1000)
    pace.note(1000)
    expect(pace.earliestMs(1000, 2, 250)).toBe(1350)
  })

  it('never lets more than four leave in any second, whatever is asked', () => {
    const question = fc.record({
      gapMs: fc.integer({ min: 0, max: 400 }),
      requests: fc.integer({ min: 1, max: 2 }),
      spacingMs: fc.integer({ min: 10, max: 500 }),
    })
    fc.assert(
      fc.property(fc.array(question, { maxLength: 60 }), (questions) => {
        const pace = new Pace()
        const sent: number[] = []
        let nowMs = 0
        for (const { gapMs, requests, spacingMs } of questions) {
          nowMs = pace.earliestMs(nowMs + gapMs, requests, spacingMs)
          for (let request = 0; request < requests; request++) {
            sent.push(nowMs + request * spacingMs)
            pace.note(nowMs + request * spacingMs)
          }
          nowMs += (requests - 1) * spacingMs
        }
        for (let i = REQUESTS_PER_SECOND; i < sent.length; i++) {
          expect((sent[i] as number) - (sent[i - REQUESTS_PER_SECOND] as number)).toBeGreaterThanOrEqual(1000)
        }
      }),
    )
  })
})
