import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { Updater, type UpdaterSettings } from '../../../src/publishers/reconcile/updater.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { seededRandom, VirtualTime } from '../../support/virtual-time.ts'
import { narrow, snapshotOf } from './support.ts'

const BOTH = `
@         IN A   192.0.2.11
_sip._udp IN SRV 10 100 5060 sip1
          IN SRV 20 100 5060 sip2
sip1      IN A   192.0.2.11
sip2      IN A   192.0.2.12
`
const SECOND = BOTH.replace('@         IN A   192.0.2.11', '@         IN A   192.0.2.12').replace(
  '_sip._udp IN SRV 10 100 5060 sip1\n          IN',
  '_sip._udp IN',
)
const CALM = BOTH.replaceAll(' IN ', ' 120 IN ')
const FAILOVER = '~voice.example.com. A ~_sip._udp.voice.example.com. SRV'

function stage(settings: Partial<UpdaterSettings> = {}, provider = new MemoryProvider()) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, time, time)
  const updater = new Updater(
    provider,
    { name: 'memory', owner: 'ns1', marks: 'txt', adopt: false, dryRun: false, ...settings },
    { clock: time, timers: time, random: seededRandom(7), logger, pace },
  )
  return { time, logger, provider, updater }
}

async function converged(settings: Partial<UpdaterSettings> = {}, provider = new MemoryProvider()) {
  const all = stage(settings, provider)
  all.updater.publish(snapshotOf(BOTH))
  // Each advance lets a few batches through.
  for (let at = 0; at < 10; at++) await all.time.advance(100)
  expect(all.updater.report().state).toBe('converged')
  all.provider.calls.length = 0
  return all
}

describe('an updater', () => {
  it('reads first, and changes nothing that is right already', async () => {
    const { provider } = await converged()
    const again = stage({}, provider)
    again.updater.publish(snapshotOf(BOTH))
    await again.time.advance(1_000)
    expect(provider.calls).toEqual(['open', 'read'])
    expect(again.updater.report()).toMatchObject({ state: 'converged', owned: 4, wanted: 4 })
  })

  it('has a decision accepted with one call, within 100 ms of it', async () => {
    const { time, provider, updater, logger } = await converged()
    updater.publish(snapshotOf(SECOND))
    await time.advance(99)
    expect(provider.calls).toEqual([FAILOVER])
    expect(updater.report().acceptedMs).toBeLessThan(100)
    expect(logger.messagesOf('updater.changed')).toContain(
      'memory: update voice.example.com. A (without 192.0.2.11, with 192.0.2.12)',
    )
  })

  it('gathers what comes together, and carries out the last word only', async () => {
    const { time, provider, updater } = await converged()
    updater.publish(snapshotOf('sip1 IN A 192.0.2.66'))
    updater.publish(snapshotOf(CALM))
    await time.advance(10)
    updater.publish(snapshotOf(SECOND))
    await time.advance(1_000)
    expect(provider.calls).toEqual([FAILOVER])
  })

  it('does not part with a call for a TTL alone, but takes it along, or after ten seconds by itself', async () => {
    const { time, provider, updater } = await converged()
    updater.publish(snapshotOf(CALM))
    await time.advance(9_000)
    expect(updater.report().state).toBe('waiting')
    updater.publish(snapshotOf(BOTH))
    await time.advance(20_000)
    expect(provider.calls).toEqual([])
    updater.publish(snapshotOf(CALM))
    await time.advance(11_000)
    expect(provider.calls).toHaveLength(1)
    updater.publish(snapshotOf(SECOND))
    await time.advance(100)
    expect(provider.calls).toHaveLength(2)
    expect(provider.calls[1]).toContain('~sip1.voice.example.com. A')
  })

  it('lets a newer snapshot take the place of one that waits, in every batch', async () => {
    const provider = new MemoryProvider(narrow(1))
    const { time, updater } = await converged({}, provider)
    let open = () => {}
    provider.gate = () =>
      new Promise((resolve) => {
        open = resolve
      })
    updater.publish(snapshotOf(SECOND))
    await time.advance(100)
    expect(provider.calls).toEqual(['~voice.example.com. A'])
    // The server is back before the second half was sent: what was sent is undone, the rest is never done.
    updater.publish(snapshotOf(BOTH))
    provider.gate = async () => {}
    open()
    await time.advance(1_000)
    expect(provider.calls).toEqual(['~voice.example.com. A', '~voice.example.com. A'])
    expect(updater.report().state).toBe('converged')
  })

  it('plans by the snapshot that came while it read', async () => {
    const { time, provider, updater } = await converged()
    let open = () => {}
    provider.gate = () =>
      new Promise((resolve) => {
        open = resolve
      })
    updater.resync()
    await time.advance(10)
    updater.publish(snapshotOf(SECOND))
    provider.gate = async () => {}
    open()
    await time.advance(0)
    expect(provider.calls).toEqual(['read', FAILOVER])
  })

  it('has nothing to do, and nothing to say, when only what is not ours moved the serial', async () => {
    const { time, updater, logger } = await converged()
    const said = logger.events.length
    updater.publish(snapshotOf(BOTH))
    await time.advance(20_000)
    expect(logger.events.slice(said).map(({ event }) => event)).toEqual(['updater.propagated'])
  })

  it('counts a decision as accepted when the last of its urgent changes is', async () => {
    const provider = new MemoryProvider(narrow(1))
    const { time, updater } = await converged({}, provider)
    provider.gate = () => new Promise((resolve) => void time.after(100, resolve))
    updater.publish(snapshotOf(SECOND))
    for (let at = 0; at < 10; at++) await time.advance(100)
    expect(updater.report().acceptedMs).toBe(250)
  })

  it('waits anew for each batch of routine changes', async () => {
    const { time, provider, updater } = await converged()
    updater.publish(snapshotOf(CALM))
    await time.advance(11_000)
    expect(provider.calls).toHaveLength(1)
    updater.publish(snapshotOf(BOTH))
    await time.advance(9_000)
    expect(provider.calls).toHaveLength(1)
    await time.advance(2_000)
    expect(provider.calls).toHaveLength(2)
  })

  it('makes urgent changes before routine ones when they do not fit together', async () => {
    const provider = new MemoryProvider(narrow(2))
    const { time, updater } = await converged({}, provider)
    updater.publish(snapshotOf(SECOND.replaceAll(' IN ', ' 120 IN ')))
    await time.advance(100)
    expect(provider.calls).toHaveLength(1)
    expect(provider.calls[0]).toBe(FAILOVER)
    await time.advance(20_000)
    expect(provider.calls).toHaveLength(2)
    expect(provider.calls[1]).toContain('sip1')
  })

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
      await time.advance(30_000)
      expect(updater.report().state).toBe('converged')
    }
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
