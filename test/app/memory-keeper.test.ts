import { describe, expect, it } from 'vitest'
import { NO_MEMORY } from '../../src/app/memory.ts'
import { MemoryKeeper } from '../../src/app/memory-keeper.ts'
import type { HealthFile, StateToSave } from '../../src/state/health-file.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { VirtualTime } from '../support/virtual-time.ts'

/** A keeper whose file takes `takesMs` for each write. */
function keeping(takesMs: number) {
  const time = new VirtualTime(1_000_000)
  const began: number[] = []
  let atOnce = 0
  let most = 0
  const file: HealthFile = {
    read: async () => undefined,
    peek: async () => undefined,
    write: (_state: StateToSave) => {
      began.push(time.nowMs() - 1_000_000)
      atOnce++
      most = Math.max(most, atOnce)
      return new Promise((resolve) => {
        time.after(takesMs, () => {
          atOnce--
          resolve()
        })
      })
    },
  }
  const logger = recordingLogger()
  const keeper = new MemoryKeeper(file, { clock: time, timers: time, logger, node: 'ns1' })
  keeper.watch(() => NO_MEMORY)
  return { time, keeper, began, most: () => most }
}

describe('memory is kept', () => {
  it('soon after something moved, with what moves meanwhile, and every half minute anyhow', async () => {
    const { time, keeper, began } = keeping(1)
    await time.advance(1_000)
    keeper.moved()
    await time.advance(100)
    keeper.moved()
    await time.advance(40_000)
    expect(began).toEqual([1_200, 31_200])
  })

  it('by one write at a time that leaves four fifths of the time to others, however much moves and however slow the disk', async () => {
    const { time, keeper, began, most } = keeping(500)
    for (let ms = 0; ms < 20_000; ms += 50) {
      keeper.moved()
      await time.advance(50)
    }
    expect(most()).toBe(1)
    const pauses = began.slice(2).map((at, index) => at - (began[index + 1] ?? 0))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(2_600)
  })

  it('at the end with what was last, after the write that is under way', async () => {
    const { time, keeper, began, most } = keeping(500)
    keeper.moved()
    await time.advance(300)
    const closed = keeper.close()
    await time.advance(2_000)
    await closed
    expect(began).toEqual([200, 700])
    expect(most()).toBe(1)
    await time.advance(60_000)
    expect(began).toHaveLength(2)
  })
})
