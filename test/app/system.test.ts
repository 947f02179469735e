import { describe, expect, it } from 'vitest'
import { socketBudget, systemClock } from '../../src/app/system.ts'

const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             95936                95936                processes
Max open files            ${files.padEnd(20)} 524288               files
`

describe('the sockets that probes may hold', () => {
  it.each([
    ['20000', 16_000],
    ['1024', 819],
    ['10', 64],
    ['unlimited', 1_000_000],
  ])('of %s files are %i', (files, sockets) => {
    expect(socketBudget(limits(files))).toBe(sockets)
  })

  it('are few where the system does not tell', () => {
    expect(socketBudget('')).toBe(819)
  })
})

describe('the clock', () => {
  it('tells epoch time and does not step back', () => {
    const first = systemClock.nowMs()
    expect(Math.abs(first - Date.now())).toBeLessThan(60_000)
    expect(systemClock.nowMs()).toBeGreaterThanOrEqual(first)
  })
})
