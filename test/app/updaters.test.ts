import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { reconcileOnce } from '../../src/app/reconcile-once.ts'
import { Updaters } from '../../src/app/updaters.ts'
import type { DomainName } from '../../src/core/brand.ts'
import type { Settings } from '../../src/core/settings.ts'
import type { Snapshot, Zone } from '../../src/core/snapshot.ts'
import { snapshotOf } from '../publishers/reconcile/support.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { createRoute53Server, FAKE_KEYS, type Route53Server } from '../support/route53-server.ts'
import { settingsOf } from '../support/settings.ts'
import { seededRandom, VirtualTime } from '../support/virtual-time.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Two hosted zones of one API, each with a provider of its own, and what is published to the second one only. */
async function scene(): Promise<{ api: Route53Server; settings: Settings; snapshot: Snapshot }> {
  const api = await createRoute53Server({
    zones: [
      { id: 'Z1', name: 'example.com' },
      { id: 'Z2', name: 'example.com', isPrivate: true },
    ],
  })
  cleanups.push(() => api.close())
  const { accessKeyId, secretAccessKey } = FAKE_KEYS
  const provider = (id: string) =>
    `{ type: route53, hostedZoneId: ${id}, owner: ns1, endpoint: "${api.endpoint}", accessKeyId: ${accessKeyId}, secretAccessKey: ${secretAccessKey} }`
  const settings = settingsOf(`
node: ns1
probes:
  options: { type: sip-options }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11 }
zones:
  voice.example.com:
    publish: [inside]
    answers:
      - { name: "@", type: A, pool: edge }
providers:
  outside: ${provider('Z1')}
  inside: ${provider('Z2')}
`)
  const snapshot = snapshotOf('@ IN A 192.0.2.11', ['@'])
  const zones = new Map([...snapshot.zones].map(([name, zone]) => [name, { ...zone, publish: ['inside'] }]))
  return { api, settings, snapshot: { ...snapshot, zones } }
}

describe('one pass over the providers', () => {
  it('publishes a zone to the providers that it names, and to no other', async () => {
    const { api, settings, snapshot } = await scene()
    const results = []
    for await (const one of reconcileOnce(settings, snapshot, { planOnly: false })) results.push(one)
    expect(results.map(({ provider, made, error }) => [provider.name, made.length, error])).toEqual([
      ['outside', 0, undefined],
      ['inside', 2, undefined],
    ])
    expect(api.zone('Z1').sets).toHaveLength(2)
    expect(api.zone('Z2').find('voice.example.com', 'A')?.values).toEqual(['192.0.2.11'])
  })
})

describe('the updaters of an instance', () => {
  it('hold still until they are released, while nothing at all answers, and of zones whose pool has no address', async () => {
    const { api, settings, snapshot } = await scene()
    const time = new VirtualTime(1_000_000)
    const logger = recordingLogger()
    let blind = true
    let withheld: ReadonlySet<DomainName> = new Set()
    const updaters = new Updaters({
      clock: time,
      timers: time,
      random: seededRandom(1),
      logger,
      blind: () => blind,
      withheld: () => withheld,
    })
    cleanups.push(async () => {
      const closing = updaters.close()
      await time.advance(10_000)
      await closing
    })
    await updaters.adopt(settings)
    updaters.publish(snapshot)
    await time.advance(60_000)
    expect(updaters.report().inside?.state).toBe('idle')
    updaters.release(0)
    await time.advance(60_000)
    expect(updaters.report().inside?.state).toBe('idle')
    expect(api.calls).toEqual([])
    blind = false
    await vi.waitFor(
      async () => {
        await time.advance(1_000)
        expect(updaters.report().inside?.state).toBe('converged')
      },
      { timeout: 15_000 },
    )
    expect(api.zone('Z2').find('voice.example.com', 'A')).toBeDefined()
    // One account, one limit on calls: what one provider asked counts for the other.
    const { inside, outside } = updaters.report()
    expect(inside?.counters.calls).toBe(outside?.counters.calls)
    expect(inside?.counters.calls).toBeGreaterThan(3)

    // A reload brings a pool whose address nobody knows yet: nothing is answered, and nothing must be taken away.
    const { origin, ...zone } = [...snapshot.zones.values()][0] ?? {}
    if (origin === undefined) throw new Error('no zone')
    const empty = {
      ...snapshot,
      zones: new Map([[origin, { ...zone, origin, sets: [], serial: 99 } as Zone]]),
    }
    const changes = () => api.calls.filter(({ operation }) => operation.endsWith('ChangeResourceRecordSets'))
    const made = changes().length
    withheld = new Set([origin])
    updaters.publish(empty)
    await time.advance(60_000)
    await sleep(200)
    await time.advance(60_000)
    expect(changes()).toHaveLength(made)
    expect(api.zone('Z2').find('voice.example.com', 'A')).toBeDefined()
    expect(logger.messagesOf('updater.withheld')).toEqual([
      'voice.example.com.: a pool has no address yet; the providers keep these zones as they are until it has',
    ])
    // It has one now, and what is said then is carried out.
    withheld = new Set()
    updaters.publish(empty)
    await vi.waitFor(
      async () => {
        await time.advance(1_000)
        expect(api.zone('Z2').find('voice.example.com', 'A')).toBeUndefined()
      },
      { timeout: 15_000 },
    )
  })

  it('look for withheld zones for nobody, and say which they are to the first updater that there is', async () => {
    const { api, settings, snapshot } = await scene()
    const time = new VirtualTime(1_000_000)
    const logger = recordingLogger()
    let looks = 0
    const withheld = () => {
      looks++
      return new Set(snapshot.zones.keys())
    }
    const rest = { clock: time, timers: time, random: seededRandom(1), logger }
    const updaters = new Updaters({ ...rest, blind: () => false, withheld })
    cleanups.push(async () => {
      const closing = updaters.close()
      await time.advance(10_000)
      await closing
    })
    await updaters.adopt({ providers: new Map() })
    updaters.release(0)
    updaters.publish(snapshot)
    expect(looks).toBe(0)
    await updaters.adopt(settings)
    expect(looks).toBe(1)
    expect(logger.messagesOf('updater.withheld')).toHaveLength(1)
    expect(api.zone('Z2').find('voice.example.com', 'A')).toBeUndefined()
  })
})
