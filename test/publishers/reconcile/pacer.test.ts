import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { mayHurry, retryDelayMs } from '../../../src/publishers/reconcile/retry.ts'
import { seededRandom, VirtualTime } from '../../support/virtual-time.ts'

const never = new AbortController().signal

function paced(callsPerSecond = 5, burst = 5) {
  const time = new VirtualTime()
  const pace = new Pacer({ callsPerSecond, burst }, time, time)
  const left: number[] = []
  const call = () => void pace.turn(never).then(() => left.push(time.nowMs()))
  return { time, pace, left, call }
}

describe('the pace of calls', () => {
  it('lets a burst leave at once, then so many a second', async () => {
    const { time, left, call } = paced()
    for (let at = 0; at < 12; at++) call()
    await time.advance(10_000)
    expect(left.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(left.slice(5)).toEqual([200, 400, 600, 800, 1000, 1200, 1400])
  })

  it('halves when throttled, and grows back slowly', async () => {
    const { time, pace, left, call } = paced()
    pace.throttled()
    for (let at = 0; at < 4; at++) call()
    await time.advance(2_000)
    expect(left).toEqual([400, 800, 1200, 1600])
    expect(pace.callsPerSecond).toBe(2.5)
    await time.advance(28_000)
    call()
    expect(pace.callsPerSecond).toBe(4)
    await time.advance(100_000)
    call()
    expect(pace.callsPerSecond).toBe(5)
    expect(pace.throttles).toBe(1)
  })

  it('holds as long as the API asks', async () => {
    const { time, pace, left, call } = paced()
    pace.throttled(30_000)
    call()
    await time.advance(29_999)
    expect(left).toEqual([])
    await time.advance(2)
    expect(left).toHaveLength(1)
    pace.hold(1_000)
    call()
    await time.advance(999)
    expect(left).toHaveLength(1)
    await time.advance(1)
    expect(left).toHaveLength(2)
  })

  it('never comes to rest, however often it is throttled', () => {
    const { pace } = paced()
    for (let at = 0; at < 100; at++) pace.throttled()
    expect(pace.callsPerSecond).toBe(0.1)
  })

  it('lets go of a call that is withdrawn, and serves the next', async () => {
    const { time, pace, left, call } = paced(1, 1)
    call()
    const abort = new AbortController()
    const withdrawn = pace.turn(abort.signal)
    call()
    abort.abort(new Error('stopped'))
    await expect(withdrawn).rejects.toThrow('stopped')
    await time.advance(1_000)
    expect(left).toEqual([0, 1000])
    await expect(pace.turn(AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
  })
})

describe('the wait after a failure', () => {
  const random = (value: number) => ({ next: () => value })
  const failed = new ProviderError('failed', 'x')

  it('is drawn anew each time from a bound that doubles up to half a minute', () => {
    const bounds = Array.from({ length: 9 }, (_, at) => retryDelayMs(failed, at + 1, random(1)))
    expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect(retryDelayMs(failed, 5, random(0.25))).toBe(2000)
    expect(retryDelayMs(failed, 5, random(0))).toBe(20)
    const seeded = seededRandom(1)
    expect(new Set(Array.from({ length: 20 }, () => retryDelayMs(failed, 6, seeded))).size).toBe(20)
  })

  it('is long where only a person can help, and none after a first conflict', () => {
    const stuck = new ProviderError('credentials', 'x')
    expect([1, 4, 9].map((failures) => retryDelayMs(stuck, failures, random(1)))).toEqual([
      30_000, 240_000, 300_000,
    ])
    const conflict = new ProviderError('conflict', 'x')
    expect(retryDelayMs(conflict, 1, random(1))).toBe(0)
    expect(retryDelayMs(conflict, 2, random(1))).toBe(1000)
  })

  it('is never less than the API asked for', () => {
    const error = new ProviderError('throttled', 'x', { retryAfterMs: 7_000 })
    expect(retryDelayMs(error, 1, random(0))).toBe(7_000)
    expect(mayHurry(error)).toBe(false)
    expect(mayHurry(failed)).toBe(true)
  })
})
