import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, converged, FAILOVER, SECOND, stage } from './stage.ts'
import { snapshotOf } from './support.ts'

describe('an updater whose provider fails, refuses or is changed by others', () => {
  it('reads again before it repeats a call whose reply was lost, and does nothing twice', async () => {
    const { time, provider, updater } = await converged()
    provider.faults.push('lost')
    updater.publish(snapshotOf(SECOND))
    await time.advance(60_000)
    expect(provider.calls).toEqual([FAILOVER, 'read'])
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { failures: 1 } })
  })

  it('reads and plans again at once when somebody else changed the zone', async () => {
    const { time, provider, updater } = await converged()
    const [key, set] = [...provider.sets].find(([name]) => name === 'voice.example.com. A') ?? []
    if (key === undefined || set === undefined) throw new Error('no such set')
    provider.sets.set(key, { ...set, ttl: 5 })
    updater.publish(snapshotOf(SECOND))
    await time.advance(150)
    expect(provider.calls).toEqual([FAILOVER, 'read', FAILOVER])
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { conflicts: 1 } })
  })

  it('keeps trying through an outage, says so, and loses nothing', async () => {
    const { time, provider, updater, logger } = await converged()
    for (let at = 0; at < 12; at++) provider.faults.push(new ProviderError('failed', 'an internal error'))
    updater.publish(snapshotOf(SECOND))
    await time.advance(5_000)
    const report = updater.report()
    expect(report).toMatchObject({
      state: 'failing',
      failure: { code: 'provider-failed', message: 'an internal error' },
    })
    expect(report.failure?.nextAtMs).toBeGreaterThan(time.nowMs())
    await time.advance(600_000)
    expect(updater.report()).toMatchObject({ state: 'converged', counters: { failures: 12 } })
    expect(provider.calls).toHaveLength(13)
    expect(
      logger.events.filter(({ event, level }) => event === 'updater.failed' && level === 'error').length,
    ).toBeGreaterThan(3)
    expect(logger.messagesOf('updater.recovered')).toEqual(['memory: works again after 12 failed attempts'])
  })

  it('hurries for a new decision, but never where the API asked for less', async () => {
    for (const [fault, calls] of [
      ['unreachable', 2],
      ['throttled', 1],
    ] as const) {
      const { time, provider, updater } = await converged()
      provider.faults.push(new ProviderError(fault, 'no', { retryAfterMs: 20_000 }))
      updater.publish(snapshotOf(SECOND))
      await time.advance(1_000)
      updater.publish(snapshotOf(SECOND.replace('20 100', '30 100')))
      await time.advance(1_000)
      expect(provider.calls).toHaveLength(calls)
      // Half of it, where it was too much.
      expect(updater.report()).toMatchObject(
        fault === 'throttled'
          ? { callsPerSecond: 500, counters: { throttles: 1 } }
          : { callsPerSecond: 1_000, counters: { throttles: 0 } },
      )
      await time.advance(30_000)
      expect(updater.report().state).toBe('converged')
    }
  })

  it('does not hurry either for what was decided while the call was under way', async () => {
    for (const fault of ['throttled', 'busy'] as const) {
      const { time, provider, updater } = await converged()
      let open = () => {}
      provider.gate = () =>
        new Promise((resolve) => {
          open = resolve
        })
      provider.faults.push(new ProviderError(fault, 'no', { retryAfterMs: 20_000 }))
      updater.publish(snapshotOf(SECOND))
      await time.advance(100)
      updater.publish(snapshotOf(SECOND.replace('20 100', '30 100')))
      provider.gate = async () => {}
      open()
      await time.advance(19_000)
      expect(provider.calls).toHaveLength(1)
      updater.publish(snapshotOf(SECOND.replace('20 100', '40 100')))
      await time.advance(500)
      expect(provider.calls).toHaveLength(1)
      await time.advance(30_000)
      expect(updater.report().state).toBe('converged')
    }
  })

  it('counts from the oldest decision that is not at the provider yet', async () => {
    const { time, provider, updater } = await converged()
    provider.faults.push(new ProviderError('throttled', 'no', { retryAfterMs: 20_000 }))
    updater.publish(snapshotOf(SECOND))
    await time.advance(10_000)
    updater.publish(snapshotOf(SECOND.replace('20 100', '30 100')))
    await time.advance(60_000)
    expect(updater.report().acceptedMs).toBeGreaterThanOrEqual(20_000)
  })

  it('sets aside what the provider refuses, finds it by halving where it is not told, and does the rest', async () => {
    const { time, provider, updater } = await converged()
    const apply = provider.apply.bind(provider)
    provider.apply = async (batch) => {
      if (!batch.some(({ name }) => name.startsWith('_sip'))) return apply(batch)
      provider.calls.push('refused')
      throw new ProviderError('refused', 'that is no SRV')
    }
    updater.publish(snapshotOf(SECOND))
    await time.advance(600_000)
    expect(provider.calls).toContain('~voice.example.com. A')
    expect(updater.report()).toMatchObject({
      state: 'refused',
      refusals: [{ name: '_sip._udp.voice.example.com.', code: 'rejected', message: 'that is no SRV' }],
    })
    // Found, so that all the others go together again.
    provider.calls.length = 0
    const later = ['@', 'sip1', 'sip2'].map((name) => `${name} IN A 192.0.2.99`).join('\n')
    updater.publish(
      snapshotOf(
        `${later}\n${SECOND.split('\n')
          .filter((line) => line.includes('SRV'))
          .join('\n')}`,
      ),
    )
    await time.advance(60_000)
    expect(provider.calls).toHaveLength(1)
  })

  it('tries what was refused again after a reading, and as soon as something else is wanted of the name', async () => {
    const { time, provider, updater } = await converged()
    const apply = provider.apply.bind(provider)
    let refusing = true
    provider.apply = async (batch) => {
      const at = batch.findIndex(({ name }) => name.startsWith('_sip.'))
      if (at >= 0 && refusing) throw new ProviderError('refused', 'that is no SRV', { culprits: [at] })
      return apply(batch)
    }
    updater.publish(snapshotOf(SECOND))
    await time.advance(600_000)
    expect(updater.report().state).toBe('refused')
    refusing = false
    await time.advance(600_000)
    expect(updater.report().state).toBe('refused')
    updater.publish(snapshotOf(SECOND.replace('20 100', '30 100')))
    await time.advance(1_000)
    expect(updater.report().state).toBe('converged')
    refusing = true
    updater.publish(snapshotOf(SECOND))
    await time.advance(600_000)
    refusing = false
    updater.resync()
    await time.advance(1_000)
    expect(updater.report().state).toBe('converged')
  })

  it('opens the provider anew after its credentials were refused: they may have been renewed', async () => {
    const { time, provider, updater } = await converged()
    provider.faults.push(new ProviderError('credentials', 'expired'))
    updater.publish(snapshotOf(SECOND))
    await time.advance(40_000)
    expect(provider.calls).toEqual([FAILOVER, 'open', 'read', FAILOVER])
  })

  it('mends a TTL that others changed at once', async () => {
    const { time, provider, updater } = await converged()
    const [key, set] = [...provider.sets].find(([name]) => name.startsWith('sip2')) ?? []
    if (key === undefined || set === undefined) throw new Error('no such set')
    provider.sets.set(key, { ...set, ttl: 3_600 })
    updater.resync()
    await time.advance(10)
    expect(provider.calls).toEqual(['read', '~sip2.voice.example.com. A'])
  })

  it('finds, tells and mends at a resync what others changed', async () => {
    const { time, provider, updater, logger } = await converged()
    provider.sets.delete('sip2.voice.example.com. A')
    updater.resync()
    await time.advance(10)
    expect(provider.calls).toEqual(['read', '+sip2.voice.example.com. A'])
    expect(logger.messagesOf('updater.drift')).toEqual([
      'memory: somebody else changed sip2.voice.example.com. A: to mend it, create sip2.voice.example.com. A (is not there)',
    ])
    expect(updater.report().counters.drifted).toBe(1)
  })

  it('changes nothing in a dry run, and says once what it would do', async () => {
    const { time, provider, updater, logger } = stage({ dryRun: true })
    updater.publish(snapshotOf(BOTH))
    await time.advance(1_000)
    updater.resync()
    await time.advance(1_000)
    expect(provider.calls).toEqual(['open', 'read', 'read'])
    expect(updater.report()).toMatchObject({ state: 'dry-run', pending: { create: 4 } })
    expect(logger.messagesOf('updater.planned')).toHaveLength(1)
  })

  it('holds a plan that is too large, with the numbers', async () => {
    const { time, provider, updater, logger } = await converged({ maxChange: { sets: 1 } })
    updater.publish(snapshotOf(SECOND))
    await time.advance(1_000)
    expect(provider.calls).toEqual([])
    const held = '2 of 4 record sets would change; maxChange allows 1'
    expect(updater.report()).toMatchObject({ state: 'held', held })
    expect(logger.messagesOf('updater.held')).toEqual([`memory: nothing is changed: ${held}`])
  })

  it('tells how long a change took to be in force everywhere', async () => {
    const provider = new MemoryProvider()
    let asked = 0
    provider.inForce = () => ++asked >= 3
    const { time, updater, logger } = await converged({}, provider)
    await time.advance(60_000)
    expect(updater.report().propagatedMs).toBe(12_000)
    expect(logger.messagesOf('updater.propagated')).toEqual(['memory: in force everywhere after 12.0 s'])
    expect(asked).toBe(3)
  })

  it('leaves no timer and no call behind when closed', async () => {
    const { time, provider, updater } = await converged()
    provider.faults.push(new ProviderError('failed', 'no'))
    updater.publish(snapshotOf(SECOND))
    await time.advance(100)
    await updater.close()
    const calls = [...provider.calls]
    expect(provider.closed).toBe(true)
    expect(time.pending).toBe(0)
    updater.publish(snapshotOf(BOTH))
    await time.advance(100_000)
    expect(provider.calls).toEqual(calls)
  })
})
