import { describe, expect, it } from 'vitest'
import { firstDelayMs } from '../../src/app/first-round.ts'

describe('the first round', () => {
  it('is over at once for a few watches, and spread over the interval for many', () => {
    expect(firstDelayMs(0, 3, 1000, 0)).toBe(0)
    expect(firstDelayMs(2, 3, 1000, 0.99)).toBeLessThan(15)
    expect(firstDelayMs(9999, 10_000, 1000, 0.99)).toBeLessThan(1000)
    expect(firstDelayMs(5000, 10_000, 1000, 0)).toBe(500)
  })

  it('strays within each share, and no further', () => {
    expect(firstDelayMs(4, 10, 1000, 0.5)).toBeCloseTo(22.5)
    expect(firstDelayMs(4, 10, 1000, 0.999)).toBeLessThan(firstDelayMs(5, 10, 1000, 0))
  })
})
