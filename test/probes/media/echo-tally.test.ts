import { describe, expect, test } from 'vitest'
import { type EchoTally, judgeMedia, lossOf } from '../../../src/probes/media/echo-tally.ts'

describe('the judgement of media', () => {
  const good: EchoTally = {
    sent: 250,
    heard: 250,
    streamLost: 0,
    streamExpected: 250,
    echoed: 250,
    echoesExpected: 250,
    jitterMs: 1,
    roundTripMs: 20,
    refused: false,
    worstLateMs: 5,
  }
  const limits = { maxLoss: 5, maxJitterMs: 30, maxRttMs: 400 }

  test.each<[string, Partial<EchoTally>, string, string | undefined]>([
    ['good', {}, 'ok', undefined],
    [
      'at the thresholds',
      { echoed: 190, echoesExpected: 200, jitterMs: 30, roundTripMs: 400 },
      'ok',
      undefined,
    ],
    ['lost on the way back', { streamLost: 25 }, 'ok', 'loss 10.0 % above 5 %'],
    ['lost there and back', { echoed: 200 }, 'ok', 'loss 20.0 % above 5 %'],
    ['jitter', { jitterMs: 30.1 }, 'ok', 'jitter 30.1 ms above 30 ms'],
    ['a long way', { roundTripMs: 401 }, 'ok', 'round trip 401 ms above 400 ms'],
    [
      'all at once',
      { echoed: 200, jitterMs: 50, roundTripMs: 500 },
      'ok',
      'loss 20.0 % above 5 %, jitter 50.0 ms above 30 ms, round trip 500 ms above 400 ms',
    ],
    ['bad while our own timer was late', { echoed: 200, worstLateMs: 300 }, 'event-loop-late', undefined],
    ['good while our own timer was late', { worstLateMs: 300 }, 'ok', undefined],
    [
      'none while our own timer was late',
      { heard: 0, echoed: 0, worstLateMs: 300 },
      'event-loop-late',
      undefined,
    ],
    ['none', { heard: 0, echoed: 0 }, 'media-dead', undefined],
    ['none sent', { unsendable: 'no route' }, 'media-dead', undefined],
  ])('%s', (_what, change, reason, impaired) => {
    const judged = judgeMedia({ ...good, ...change }, limits)
    expect(judged.reason).toBe(reason)
    expect(judged.impaired).toBe(impaired)
  })

  test('doubled echoes are no negative loss', () => {
    expect(lossOf({ ...good, echoed: 260 })).toBe(0)
  })
})
