import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, converged, FAILOVER, SECOND, stage } from './stage.ts'
import { snapshotOf } from './support.ts'

const MINUTES_MS = 60_000

describe('access that is lost while the updater runs', () => {
  it.each(['no-zone', 'credentials'] as const)(
    '%s at a reading: opened anew before it is read again, for the zone may have another id, the key another secret',
    async (fault) => {
      const { time, provider, updater } = await converged()
      provider.faults.push(new ProviderError(fault, 'no'))
      updater.resync()
      await time.advance(10 * MINUTES_MS)
      expect(provider.calls).toEqual(['read', 'open', 'read'])
      expect(updater.report()).toMatchObject({ state: 'converged', counters: { drifted: 0 } })
    },
  )

  it('the right to change: said, tried again at the slow end, and carried out once it is back', async () => {
    const { time, provider, updater } = await converged()
    for (let at = 0; at < 3; at++) provider.faults.push(new ProviderError('scope', 'may not'))
    updater.publish(snapshotOf(SECOND))
    await time.advance(1_000)
    expect(updater.report()).toMatchObject({ state: 'failing', failure: { code: 'provider-scope' } })
    const { nextAtMs = 0 } = updater.report().failure ?? {}
    expect(nextAtMs - time.nowMs()).toBeLessThanOrEqual(30_000)
    for (let at = 0; at < 20; at++) await time.advance(MINUTES_MS)
    expect(provider.calls).toEqual([FAILOVER, FAILOVER, FAILOVER, FAILOVER])
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { failures: 3 } })
  })

  it('a zone that was taken away and made anew, empty, is filled again', async () => {
    const { time, provider, updater } = await converged()
    provider.sets.clear()
    provider.faults.push(new ProviderError('no-zone', 'gone'), new ProviderError('no-zone', 'gone'))
    updater.resync()
    for (let at = 0; at < 30; at++) await time.advance(MINUTES_MS)
    expect(provider.calls.slice(0, 3)).toEqual(['read', 'open', 'open'])
    expect(updater.report()).toMatchObject({ state: 'converged', owned: 4 })
    expect(provider.sets.size).toBe(8)
  })
})

describe('an updater beside others', () => {
  it('keeps only the zones that are published to it', async () => {
    const { time, provider, updater } = stage({ name: 'other' }, new MemoryProvider())
    updater.publish(snapshotOf(BOTH))
    for (let at = 0; at < 5; at++) await time.advance(1_000)
    expect(provider.sets.size).toBe(0)
    expect(updater.report()).toMatchObject({ wanted: 0, zones: {} })
  })
})
