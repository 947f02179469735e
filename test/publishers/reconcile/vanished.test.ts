import { describe, expect, it } from 'vitest'
import type { CurrentSet } from '../../../src/publishers/providers/definition.ts'
import type { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, converged, FAILOVER, SECOND, stage } from './stage.ts'
import { snapshotOf } from './support.ts'

/** The next `times` readings show only what `shown` takes. */
function shade(
  provider: MemoryProvider,
  times: number,
  shown: (set: CurrentSet) => boolean = () => false,
): void {
  const read = provider.read.bind(provider)
  let left = times
  provider.read = async () => {
    const sets = await read()
    left -= 1
    return left < 0 ? sets : sets.filter(shown)
  }
}

const changes = (provider: MemoryProvider) =>
  provider.calls.filter((call) => call !== 'read' && call !== 'open')

describe('a reading in which most of ours is missing', () => {
  it('for a moment, is read again before anything is believed, and nothing is created, deleted or called drift', async () => {
    const { time, provider, updater, logger } = await converged()
    const before = new Map(provider.sets)
    shade(provider, 1)
    updater.resync()
    await time.advance(4_900)
    expect(provider.calls).toEqual(['read'])
    expect(updater.report()).toMatchObject({
      state: 'failing',
      failure: {
        code: 'provider-failed',
        message: '4 of our 4 record sets are missing all at once: read again before that is believed',
      },
    })
    await time.advance(60_000)
    expect(provider.calls).toEqual(['read', 'read'])
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { drifted: 0 } })
    expect(logger.messagesOf('updater.drift')).toEqual([])
    expect(provider.sets).toEqual(before)
  })

  it('is doubted by an instance that changed nothing since its start, too', async () => {
    const { provider } = await converged()
    const { time, updater } = stage({}, provider)
    updater.publish(snapshotOf(BOTH))
    await time.advance(1_000)
    shade(provider, 1)
    updater.resync()
    await time.advance(60_000)
    expect(provider.calls).toEqual(['open', 'read', 'read', 'read'])
    expect(updater.report().counters.drifted).toBe(0)
  })

  it('twice, is believed, and what is missing is made anew', async () => {
    const { time, provider, updater } = await converged()
    provider.sets.clear()
    updater.resync()
    for (let at = 0; at < 10; at++) await time.advance(1_000)
    expect(provider.calls.slice(0, 2)).toEqual(['read', 'read'])
    expect(updater.report()).toMatchObject({ state: 'converged', owned: 4, counters: { drifted: 4 } })
    expect(provider.sets.size).toBe(8)
  })

  it('is doubted anew each time', async () => {
    const { time, provider, updater } = await converged()
    for (const _ of [1, 2]) {
      shade(provider, 1)
      updater.resync()
      await time.advance(60_000)
    }
    expect(provider.calls).toEqual(['read', 'read', 'read', 'read'])
  })

  it('does not hold up a decision: it is carried out by the reading before, and the zone is read again', async () => {
    const { time, provider, updater } = await converged()
    shade(provider, 1)
    updater.resync()
    await time.advance(10)
    updater.publish(snapshotOf(SECOND))
    await time.advance(100)
    expect(provider.calls).toEqual(['read', FAILOVER, 'read'])
  })

  it('of the marks alone, leaves no set deleted or disowned', async () => {
    const { time, provider, updater } = await converged()
    shade(provider, 1, ({ type }) => type !== 'TXT')
    updater.resync()
    await time.advance(60_000)
    expect(changes(provider)).toEqual([])
    expect(updater.report()).toMatchObject({ state: 'converged', owned: 4, refusals: [] })
  })

  it('that lacks no more than half of ours is drift, mended at once', async () => {
    const { time, provider, updater } = await converged()
    for (const name of ['sip1', 'sip2']) provider.sets.delete(`${name}.voice.example.com. A`)
    updater.resync()
    await time.advance(10)
    expect(updater.report()).toMatchObject({ counters: { drifted: 2, failures: 0 } })
    expect(changes(provider)).toHaveLength(1)
  })

  it('because we took it away ourselves, in a call whose reply was lost, is what was to be expected', async () => {
    const { time, provider, updater } = await converged()
    provider.faults.push('lost')
    updater.publish(snapshotOf(''))
    await time.advance(1_500)
    expect(provider.calls.slice(1)).toEqual(['read'])
    expect(updater.report()).toMatchObject({ state: 'converged', owned: 0, counters: { failures: 1 } })
    updater.publish(snapshotOf(BOTH))
    await time.advance(1_000)
    expect(updater.report()).toMatchObject({ state: 'converged', owned: 4 })
  })
})
