import { describe, expect, it } from 'vitest'
import type { Bases, Basis } from '../../../src/core/decision.ts'
import type { Snapshot } from '../../../src/core/snapshot.ts'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { BOTH, FAILOVER, SECOND, stage } from './stage.ts'
import { snapshotOf } from './support.ts'

/** The same with every set going by what is said of `sip1`. */
function saying(snapshot: Snapshot, by: Basis['by'], as: string): Snapshot {
  const views: Readonly<Record<string, Bases>> = { edge: { sip1: { by, as } } }
  const zones = [...snapshot.zones].map(([origin, zone]) => {
    const sets = Object.fromEntries(zone.sets.map(({ name, type }) => [`${name} ${type}`, ['edge']]))
    return [origin, { ...zone, bases: { views, sets } }] as const
  })
  return { ...snapshot, zones: new Map(zones) }
}

describe("an operator's word that maxChange lets pass", () => {
  it.each([
    ['fails at first', new ProviderError('failed', 'an internal error')],
    ['meets a zone that somebody changed', new ProviderError('conflict', 'not as it was read')],
  ])('passes still where the call %s', async (_, fault) => {
    const { time, provider, updater } = stage({ maxChange: { sets: 0 } })
    updater.publish(saying(snapshotOf(BOTH), 'machine', 'up'))
    for (let at = 0; at < 10; at++) await time.advance(100)
    expect(updater.report().state).toBe('converged')
    provider.calls.length = 0
    provider.faults.push(fault)
    updater.publish(saying(snapshotOf(SECOND), 'override', 'drain'))
    for (let at = 0; at < 60; at++) await time.advance(1_000)
    expect(provider.calls.filter((call) => call !== 'read')).toEqual([FAILOVER, FAILOVER])
    expect(updater.report().state).toBe('converged')
  })

  it("takes nothing of the machine's along that is held", async () => {
    const { time, provider, updater } = stage({ maxChange: { sets: 0 } })
    const saidOf = (text: string, of: string, by: Basis['by'], as: string): Snapshot => {
      const snapshot = snapshotOf(text)
      const zones = [...snapshot.zones].map(([origin, zone]) => {
        const views = { spoken: { sip1: { by, as } }, rest: { sip1: { by: 'machine', as: 'up' } } } as const
        const sets = Object.fromEntries(
          zone.sets.map(({ name, type }) => [`${name} ${type}`, [type === of ? 'spoken' : 'rest']]),
        )
        return [origin, { ...zone, bases: { views, sets } }] as const
      })
      return { ...snapshot, zones: new Map(zones) }
    }
    updater.publish(saidOf(BOTH, 'SRV', 'machine', 'up'))
    for (let at = 0; at < 10; at++) await time.advance(100)
    provider.calls.length = 0
    updater.publish(saidOf(SECOND, 'SRV', 'override', 'drain'))
    for (let at = 0; at < 60; at++) await time.advance(1_000)
    expect(provider.calls).toEqual(['~_sip._udp.voice.example.com. SRV'])
    expect(updater.report()).toMatchObject({
      state: 'held',
      held: '1 of 4 record sets would change; maxChange allows 0',
    })
  })

  it("is the machine's again once it was carried out", async () => {
    const { time, provider, updater } = stage({ maxChange: { sets: 0 } })
    updater.publish(saying(snapshotOf(BOTH), 'machine', 'up'))
    for (let at = 0; at < 10; at++) await time.advance(100)
    updater.publish(saying(snapshotOf(SECOND), 'override', 'drain'))
    for (let at = 0; at < 10; at++) await time.advance(100)
    provider.calls.length = 0
    updater.publish(saying(snapshotOf(BOTH), 'override', 'drain'))
    for (let at = 0; at < 10; at++) await time.advance(100)
    expect(provider.calls).toEqual([])
    expect(updater.report().state).toBe('held')
  })
})
