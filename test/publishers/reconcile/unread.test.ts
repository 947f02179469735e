import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, converged, FAILOVER, SECOND } from './stage.ts'
import { snapshotOf } from './support.ts'

/** A provider whose zone cannot be read for now, and can be changed. */
class Unreadable extends MemoryProvider {
  fault: ProviderError | undefined

  override async read(): Promise<Awaited<ReturnType<MemoryProvider['read']>>> {
    if (this.fault === undefined) return super.read()
    this.calls.push('read')
    throw this.fault
  }
}

describe('a decision that comes while a resync cannot read the zone', () => {
  it('is carried out by the last good reading, and the reading is still tried', async () => {
    const provider = new Unreadable()
    const { time, updater } = await converged({}, provider)
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.resync()
    await time.advance(60_000)
    expect(new Set(provider.calls)).toEqual(new Set(['read']))
    provider.calls.length = 0
    updater.publish(snapshotOf(SECOND))
    await time.advance(99)
    expect(provider.calls.slice(0, 1)).toEqual([FAILOVER])
    expect(updater.report().acceptedMs).toBeLessThan(100)
    provider.fault = undefined
    await time.advance(60_000)
    expect(provider.calls.filter((call) => call !== 'read')).toEqual([FAILOVER])
    expect(provider.calls.at(-1)).toBe('read')
    expect(updater.report().state).toBe('converged')
  })

  it('overwrites nothing that others changed meanwhile: the change is refused, and the zone must be read', async () => {
    const provider = new Unreadable()
    const { time, updater } = await converged({}, provider)
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.resync()
    await time.advance(1_000)
    const [key, set] = [...provider.sets].find(([name]) => name === 'voice.example.com. A') ?? []
    if (key === undefined || set === undefined) throw new Error('no such set')
    provider.sets.set(key, { ...set, ttl: 5 })
    provider.calls.length = 0
    updater.publish(snapshotOf(SECOND))
    await time.advance(60_000)
    expect(provider.calls[0]).toBe(FAILOVER)
    expect(new Set(provider.calls.slice(1))).toEqual(new Set(['read']))
    expect(provider.sets.get(key)?.ttl).toBe(5)
    provider.calls.length = 0
    provider.fault = undefined
    await time.advance(60_000)
    expect(provider.calls.slice(0, 2)).toEqual(['read', FAILOVER])
  })

  it('does not wait for the end of one that hangs', async () => {
    const { time, provider, updater } = await converged()
    const read = provider.read.bind(provider)
    let asked = 0
    provider.read = async (_scope?: unknown, signal?: AbortSignal) => {
      if (++asked > 1) return read()
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new ProviderError('timeout', 'given up'))),
      )
    }
    updater.resync()
    await time.advance(5_000)
    updater.publish(snapshotOf(SECOND))
    await time.advance(99)
    expect(provider.calls).toEqual([FAILOVER, 'read'])
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { failures: 0 } })
  })

  it('waits where what we know is in doubt: a change whose reply was lost', async () => {
    const provider = new Unreadable()
    const { time, updater } = await converged({}, provider)
    provider.faults.push('lost')
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.publish(snapshotOf(SECOND))
    await time.advance(5_000)
    provider.calls.length = 0
    updater.publish(snapshotOf(BOTH))
    updater.resync()
    await time.advance(60_000)
    expect(new Set(provider.calls)).toEqual(new Set(['read']))
  })

  it('that only moves a TTL waits for the reading', async () => {
    const provider = new Unreadable()
    const { time, updater } = await converged({}, provider)
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.resync()
    await time.advance(1_000)
    updater.publish(snapshotOf(BOTH.replaceAll(' IN ', ' 120 IN ')))
    await time.advance(60_000)
    expect(new Set(provider.calls)).toEqual(new Set(['read']))
  })

  it('is not made again and again where it is not allowed: the zone is read before the next attempt', async () => {
    const provider = new Unreadable()
    const { time, updater } = await converged({}, provider)
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.resync()
    await time.advance(1_000)
    provider.calls.length = 0
    provider.faults.push(new ProviderError('scope', 'may not'))
    updater.publish(snapshotOf(SECOND))
    await time.advance(600_000)
    expect(provider.calls[0]).toBe(FAILOVER)
    expect(new Set(provider.calls.slice(1))).toEqual(new Set(['read']))
  })

  it('does not hide what others changed before it: that is told as drift', async () => {
    const provider = new Unreadable()
    const { time, updater, logger } = await converged({}, provider)
    provider.fault = new ProviderError('failed', 'an internal error')
    updater.resync()
    await time.advance(1_000)
    provider.sets.delete('sip2.voice.example.com. A')
    updater.publish(snapshotOf(SECOND))
    await time.advance(99)
    provider.fault = undefined
    await time.advance(60_000)
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { drifted: 1 } })
    expect(logger.messagesOf('updater.drift').join()).toContain('sip2.voice.example.com. A')
  })
})
