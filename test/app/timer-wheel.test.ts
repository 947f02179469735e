import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTimerWheel } from '../../src/app/timer-wheel.ts'

const clock = { nowMs: () => Date.now() }

describe('the timer wheel', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('fires each deadline once, never early, within its resolution', () => {
    const wheel = createTimerWheel(clock, { resolutionMs: 5 })
    const startMs = Date.now()
    const fired = new Map<number, number>()
    for (const delayMs of [0, 1, 4, 5, 6, 250, 999, 5119, 5120, 5121, 60_000, 3_600_000]) {
      wheel.after(delayMs, () => {
        expect(fired.has(delayMs)).toBe(false)
        fired.set(delayMs, Date.now() - startMs)
      })
    }
    vi.advanceTimersByTime(3_700_000)
    expect(fired.size).toBe(12)
    for (const [delayMs, firedMs] of fired) {
      expect(firedMs).toBeGreaterThanOrEqual(delayMs)
      expect(firedMs).toBeLessThanOrEqual(delayMs + 11)
    }
    expect(wheel.pending).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not fire what was cancelled, also by a deadline of the same slot', () => {
    const wheel = createTimerWheel(clock)
    const fired: string[] = []
    const cancels: (() => void)[] = []
    wheel.after(10, () => {
      fired.push('first')
      for (const cancel of cancels) cancel()
    })
    cancels.push(wheel.after(10, () => fired.push('second')))
    cancels.push(wheel.after(10, () => fired.push('third')))
    wheel.after(10, () => fired.push('fourth'))
    vi.advanceTimersByTime(100)
    expect(fired).toEqual(['first', 'fourth'])
  })

  it('lets a deadline add others, also for now', () => {
    const wheel = createTimerWheel(clock)
    const fired: number[] = []
    const again = () => {
      fired.push(Date.now())
      if (fired.length < 5) wheel.after(0, again)
    }
    wheel.after(0, again)
    vi.advanceTimersByTime(100)
    expect(fired).toHaveLength(5)
  })

  it('holds one system timer, however many deadlines there are', () => {
    const wheel = createTimerWheel(clock)
    for (let i = 0; i < 10_000; i++) wheel.after(1000 + i, () => {})
    expect(wheel.pending).toBe(10_000)
    expect(vi.getTimerCount()).toBe(1)
  })

  it('after a stall fires what is overdue, in one go, and tells how late it was', () => {
    const wheel = createTimerWheel(clock)
    let fired = 0
    for (let delayMs = 10; delayMs <= 20_000; delayMs += 10) wheel.after(delayMs, () => fired++)
    vi.setSystemTime(Date.now() + 30_000)
    vi.advanceTimersByTime(20)
    expect(fired).toBe(2000)
    expect(wheel.takeWorstLatenessMs()).toBeGreaterThan(29_000)
    expect(wheel.takeWorstLatenessMs()).toBe(0)
  })

  it('leaves what fell due since it woke up to the next turn: sockets are read before it', () => {
    const order: string[] = []
    const stall = () => {
      vi.setSystemTime(Date.now() + 300)
      setImmediate(() => order.push('sockets are read'))
    }
    // Set before the wheel's own, so that the stall comes between its waking up and its firing.
    setTimeout(() => setImmediate(stall), 10)
    const wheel = createTimerWheel(clock)
    wheel.after(10, () => order.push('due before the stall'))
    wheel.after(100, () => order.push('due in the stall'))
    vi.advanceTimersByTime(50)
    expect(order).toEqual(['due before the stall', 'sockets are read', 'due in the stall'])
  })

  it('fires nothing once it is stopped', () => {
    const wheel = createTimerWheel(clock)
    let fired = 0
    wheel.after(10, () => fired++)
    wheel.stop()
    wheel.after(10, () => fired++)
    vi.advanceTimersByTime(1000)
    expect(fired).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('agrees with a plain list of deadlines for any mix of adding, cancelling and waiting', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
      fc.record({ kind: fc.constant('cancel' as const), ms: fc.nat(100) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3000 }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        vi.clearAllTimers()
        const wheel = createTimerWheel(clock)
        const expected = new Map<number, number>()
        const cancels = new Map<number, () => void>()
        let id = 0
        for (const { kind, ms } of actions) {
          if (kind === 'add') {
            const mine = id++
            const dueMs = Date.now() + ms
            expected.set(mine, dueMs)
            cancels.set(
              mine,
              wheel.after(ms, () => {
                expect(expected.get(mine)).toBeDefined()
                expect(Date.now()).toBeGreaterThanOrEqual(dueMs)
                expect(Date.now()).toBeLessThanOrEqual(dueMs + 11)
                expected.delete(mine)
              }),
            )
          } else if (kind === 'cancel') {
            const victim = [...expected.keys()][ms % Math.max(1, expected.size)]
            if (victim === undefined) continue
            cancels.get(victim)?.()
            expected.delete(victim)
          } else {
            vi.advanceTimersByTime(ms)
          }
        }
        expect(wheel.pending).toBe(expected.size)
        vi.advanceTimersByTime(13_000)
        expect(expected.size).toBe(0)
        expect(wheel.pending).toBe(0)
        wheel.stop()
      }),
      { numRuns: 60 },
    )
  })
})
