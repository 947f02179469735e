import { describe, expect, it } from 'vitest'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { BOTH, CALM, converged, FAILOVER, SECOND, stage } from './stage.ts'
import { narrow, snapshotOf } from './support.ts'

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

  it('makes one call at a time, however long one takes and whatever is decided meanwhile', async () => {
    const { time, provider, updater } = await converged()
    let open = () => {}
    provider.gate = () =>
      new Promise((resolve) => {
        open = resolve
      })
    updater.publish(snapshotOf(SECOND))
    await time.advance(100)
    updater.publish(snapshotOf(SECOND.replace('20 100', '30 100')))
    updater.resync()
    await time.advance(10_000)
    expect(provider.calls).toEqual([FAILOVER])
    provider.gate = async () => {}
    open()
    await time.advance(1_000)
    expect(provider.calls).toEqual([FAILOVER, '~_sip._udp.voice.example.com. SRV', 'read'])
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
})
