import { describe, expect, it } from 'vitest'
import { Lateness } from '../../src/app/lateness.ts'

describe('the lateness of questions', () => {
  it('is nothing when nothing was asked', () => {
    expect(new Lateness().report(0)).toEqual({ asked: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 })
  })

  it('gives the median, the 99th percentile and the worst', () => {
    const lateness = new Lateness()
    for (let i = 0; i < 980; i++) lateness.record(1.5, 0)
    for (let i = 0; i < 20; i++) lateness.record(40, 0)
    lateness.record(123, 0)
    expect(lateness.report(10)).toEqual({ asked: 1001, p50Ms: 2, p99Ms: 50, worstMs: 123 })
  })

  it('never tells more than the worst that was seen', () => {
    const lateness = new Lateness()
    lateness.record(0.2, 0)
    expect(lateness.report(0)).toEqual({ asked: 1, p50Ms: 1, p99Ms: 1, worstMs: 0 })
    lateness.record(9000, 0)
    expect(lateness.report(0)).toMatchObject({ p99Ms: 9000, worstMs: 9000 })
  })

  it('forgets what is older than twenty seconds', () => {
    const lateness = new Lateness()
    lateness.record(300, 0)
    lateness.record(1, 11_000)
    expect(lateness.report(11_000)).toMatchObject({ asked: 2, worstMs: 300 })
    lateness.record(1, 22_000)
    expect(lateness.report(22_000)).toMatchObject({ asked: 2, worstMs: 1 })
    expect(lateness.report(400_000)).toMatchObject({ asked: 0, worstMs: 0 })
  })
})
