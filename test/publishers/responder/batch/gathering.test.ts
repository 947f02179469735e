import { describe, expect, it } from 'vitest'
import { Gathering } from '../../../../src/publishers/responder/batch/gathering.ts'
import type { Libc } from '../../../../src/publishers/responder/batch/libc.ts'

const ADDRESS = 4096

function gathering() {
  const memory = new ArrayBuffer(16)
  const naps: { readonly clock: number; readonly ns: bigint }[] = []
  const freed: number[] = []
  const libc = {
    allocate: () => ({ memory, address: ADDRESS, free: () => freed.push(1) }),
    clock_nanosleep(clock: number, flags: number, request: number, remain: number) {
      expect([flags, request, remain]).toEqual([0, ADDRESS, 0])
      const [seconds = -1n, ns = -1n] = new BigInt64Array(memory)
      expect(seconds).toBe(0n)
      return naps.push({ clock, ns }) * 0
    },
  } as unknown as Libc
  const one = new Gathering(libc)
  let nowMs = 1_700_000_000_000
  /** `perMs` queries each millisecond, in batches of `size`; how many naps there were. */
  const load = (perMs: number, size: number, ms: number) => {
    const before = naps.length
    for (let i = 0; i < ms; i++, nowMs++) {
      for (let sent = 0; sent < perMs; sent += size) {
        one.pause()
        one.came(size, nowMs)
      }
    }
    return naps.length - before
  }
  return { one, naps, freed, load, at: (ms: number) => (nowMs = ms), later: (ms: number) => (nowMs += ms) }
}

describe('Gathering', () => {
  it('lets nobody wait where few come', () => {
    const { load } = gathering()
    expect(load(1, 1, 100)).toBe(0)
    expect(load(10, 1, 100)).toBe(0)
  })

  it('pauses 200 us before each small batch where queries come fast, soon after they begin to', () => {
    const { load, naps } = gathering()
    load(1, 1, 20)
    expect(load(20, 2, 16)).toBeGreaterThan(0)
    expect(load(20, 2, 100)).toBe(1_000)
    expect(naps[0]).toEqual({ clock: 1, ns: 200_000n })
  })

  it('does not pause where there is a queue', () => {
    const { load } = gathering()
    load(64, 8, 20)
    expect(load(64, 8, 100)).toBe(0)
  })

  it('does not pause where a thread has all it can do, though a batch be small', () => {
    const { load } = gathering()
    load(60, 4, 20)
    expect(load(60, 4, 100)).toBe(1_500)
    load(120, 4, 16)
    expect(load(120, 4, 100)).toBe(0)
  })

  it('stops when the rush is over, and after a silence', () => {
    const { load, later } = gathering()
    load(20, 2, 20)
    // Two windows see the last of it.
    load(2, 1, 16)
    expect(load(2, 1, 100)).toBe(0)
    load(20, 2, 20)
    later(60_000)
    expect(load(1, 1, 50)).toBeLessThan(3)
  })

  it('bears a clock that is set back', () => {
    const { load, at } = gathering()
    load(20, 2, 20)
    at(1_600_000_000_000)
    expect(load(1, 1, 50)).toBeLessThan(3)
    expect(load(20, 2, 50)).toBeGreaterThan(300)
  })

  it('gives its memory back', () => {
    const { one, freed } = gathering()
    one.close()
    expect(freed).toEqual([1])
  })
})
