import { describe, expect, it } from 'vitest'
import type { Applied, Batch, ProviderSet } from '../../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, converged, SECOND, stage } from './stage.ts'
import { snapshotOf } from './support.ts'

/** A provider that accepts every change and gives no set a TTL below two minutes. */
class Stubborn extends MemoryProvider {
  override apply(batch: Batch): Promise<Applied> {
    return super.apply(
      batch.map(({ after, ...change }) => ({
        ...change,
        ...(after === undefined ? {} : { after: patient(after) }),
      })),
    )
  }
}

function patient(set: ProviderSet): ProviderSet {
  return { ...set, ttl: Math.max(120, set.ttl) }
}

describe('a set that the provider accepts and makes otherwise', () => {
  it('is left so and told, not changed again and again', async () => {
    const provider = new Stubborn()
    const { time, updater, logger } = stage({}, provider)
    updater.publish(snapshotOf(BOTH))
    await time.advance(3_600_000)
    expect(provider.calls.filter((call) => call !== 'open' && call !== 'read')).toHaveLength(1)
    expect(updater.report()).toMatchObject({ state: 'refused', owned: 4 })
    expect(updater.report().refusals).toHaveLength(4)
    expect(updater.report().refusals[0]).toMatchObject({
      name: 'voice.example.com.',
      code: 'rejected',
      message: 'was made 120 A 192.0.2.11 by the provider, not 60 A 192.0.2.11 as it was told',
    })
    expect(logger.messagesOf('updater.refused')).toHaveLength(4)
  })

  it('is tried again with the next decision about it and after the next reading, once each', async () => {
    const provider = new Stubborn()
    const { time, updater, logger } = stage({}, provider)
    updater.publish(snapshotOf(BOTH))
    await time.advance(60_000)
    provider.calls.length = 0
    updater.publish(snapshotOf(SECOND))
    await time.advance(60_000)
    expect(provider.calls).toEqual(['~voice.example.com. A ~_sip._udp.voice.example.com. SRV'])
    updater.resync()
    await time.advance(60_000)
    expect(provider.calls).toHaveLength(3)
    // It never was as it shall be, so nobody changed it.
    expect(logger.messagesOf('updater.drift')).toEqual([])
    expect(updater.report().counters.drifted).toBe(0)
  })
})

describe('a set that the provider refuses', () => {
  it('is no drift when it is tried again after a reading', async () => {
    const { time, provider, updater, logger } = await converged()
    const apply = provider.apply.bind(provider)
    provider.apply = async (batch) => {
      const at = batch.findIndex(({ name }) => name.startsWith('_sip.'))
      if (at >= 0) throw new ProviderError('refused', 'that is no SRV', { culprits: [at] })
      return apply(batch)
    }
    updater.publish(snapshotOf(SECOND))
    await time.advance(600_000)
    expect(updater.report().state).toBe('refused')
    updater.resync()
    await time.advance(600_000)
    expect(updater.report()).toMatchObject({ state: 'refused', counters: { drifted: 0 } })
    expect(logger.messagesOf('updater.drift')).toEqual([])
  })
})
