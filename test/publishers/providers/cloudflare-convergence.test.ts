import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../src/core/brand.ts'
import type { Random } from '../../../src/core/ports.ts'
import type { ProviderSet } from '../../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import type { Wanted } from '../../../src/publishers/reconcile/wanted.ts'
import type { Trouble } from '../../support/cloudflare-faults.ts'
import { FAULTS } from '../../support/cloudflare-replies.ts'
import { on, ZONE_ID } from '../../support/cloudflare-server.ts'
import type { CloudflareZone } from '../../support/cloudflare-zone.ts'
import { seededRandom } from '../../support/virtual-time.ts'
import { makeWorld, never, ORIGIN, OWNER, set } from './cloudflare-world.ts'

const SETTINGS = { owner: OWNER, marks: 'inline', adopt: false } as const
const HOSTS = 6

const wantedOf = (sets: readonly ProviderSet[]): Wanted => ({
  origins: [ORIGIN],
  names: new Set([
    ...Array.from({ length: HOSTS }, (_, i) => `h${i}.example.com.` as DomainName),
    '_sip._udp.example.com.' as DomainName,
    ORIGIN,
  ]),
  sets,
})

/** Any state that health may lead to. */
function someState(random: Random): Wanted {
  const up = Array.from({ length: HOSTS }, (_, i) => i).filter(() => random.next() < 0.7)
  const ttl = random.next() < 0.5 ? 60 : 120
  const sets = up.map((i) => {
    const count = 1 + Math.floor(random.next() * 3)
    const first = Math.floor(random.next() * 4)
    return set(
      Array.from({ length: count }, (_, k) => `h${i} ${ttl} IN A 192.0.2.${i * 20 + first + k}`).join('\n'),
    )
  })
  if (up.length === 0) return wantedOf(sets)
  const srv = set(up.map((i) => `_sip._udp ${ttl} IN SRV ${10 * (1 + (i % 2))} ${i} 5060 h${i}`).join('\n'))
  return wantedOf([...sets, srv, set(`@ ${ttl} IN NAPTR 10 100 "S" "SIP+D2U" "" _sip._udp`)])
}

/** The zone's own words for what is wanted. */
function viewOf(wanted: Wanted): Map<string, string[]> {
  const view = new Map<string, string[]>()
  for (const { name, type, ttl, records } of wanted.sets) {
    const lines = records.map((one) => {
      if (one.type === 'A') return `${ttl}  ${one.address}`
      if (one.type === 'SRV')
        return `${ttl} ${one.priority} ${one.priority} ${one.weight} ${one.port} ${one.target.slice(0, -1)}`
      return `${ttl}  10 100 "S" "SIP+D2U" "" _sip._udp.example.com`
    })
    view.set(`${name.slice(0, -1)} ${type}`, lines.sort())
  }
  return view
}

const TROUBLES: readonly Trouble[] = [
  { kind: 'reset' },
  { kind: 'lose-reply' },
  { kind: 'lose-reply' },
  { kind: 'half-reply' },
  { kind: 'garbage' },
  { kind: 'page', status: 500 },
  { kind: 'page', status: 502 },
  { kind: 'fault', fault: FAULTS.throttled, headers: { 'retry-after': '1' } },
  { kind: 'fault', fault: FAULTS.internal },
  { kind: 'slow', delayMs: 3 },
]

/** Records of others: some beside ours, one under a name of ours, one of another owner. */
function addForeign(zone: CloudflareZone): void {
  zone.edit({ name: '@', type: 'MX', content: 'mail.example.com', priority: 10, ttl: 300 })
  zone.edit({ name: 'www', type: 'A', content: '203.0.113.1', proxied: true })
  zone.edit({ name: 'h1', type: 'TXT', content: '"not ours"', ttl: 300, comment: 'by hand' })
  zone.edit({ name: 'h9', type: 'A', content: '203.0.113.9', comment: 'heritage=sipvane,owner=edge-2' })
}

const foreignIn = (zone: CloudflareZone) =>
  zone.records.filter((one) => !(one.comment ?? '').startsWith(`heritage=sipvane,owner=${OWNER}`))

/** A person changes something of ours at the dashboard. */
function meddle(zone: CloudflareZone, random: Random): void {
  const ours = zone.records.filter((one) => (one.comment ?? '').startsWith(`heritage=sipvane,owner=${OWNER}`))
  const one = ours[Math.floor(random.next() * ours.length)]
  if (one === undefined) return
  const kind = random.next()
  if (kind < 0.4) zone.remove(one.id)
  else if (kind < 0.7) zone.batch({ patches: [{ id: one.id, ttl: 3600 }] })
  else if (one.type === 'A') zone.batch({ patches: [{ id: one.id, proxied: true }] })
}

describe('a zone at Cloudflare under random faults', () => {
  it('always becomes what is wanted, and what is not ours stays byte for byte (500 rounds)', async () => {
    const seed = 4_711
    const random = seededRandom(seed)
    // The budget of calls is not what is tried here: five hundred rounds make thousands.
    const world = await makeWorld({ options: { timeout: '250ms' }, server: { budget: { limit: 1_000_000 } } })
    const { server, provider } = world
    addForeign(server.zone)
    const foreign = JSON.stringify(foreignIn(server.zone))
    let reconciler = new Reconciler(provider, SETTINGS)
    let errors = 0
    try {
      for (let round = 0; round < 500; round++) {
        const where = `seed ${seed}, round ${round}`
        const wanted = someState(random)
        const troubles = Math.floor(random.next() * 3)
        for (let i = 0; i < troubles; i++)
          server.fail(
            on('batch', 'list'),
            TROUBLES[Math.floor(random.next() * TROUBLES.length)] ?? { kind: 'reset' },
          )
        if (random.next() < 0.1) server.zone.staleLists = 1
        if (random.next() < 0.3) meddle(server.zone, random)
        // A restart: nothing is known, the zone is read anew.
        if (random.next() < 0.2) reconciler = new Reconciler(provider, SETTINGS)
        if (random.next() < 0.5) reconciler.forget()
        let tries = 0
        for (;;) {
          expect(tries++, where).toBeLessThan(25)
          try {
            const read = await reconciler.prepare(wanted, never)
            const batch = reconciler.nextBatch(reconciler.plan(wanted))
            if (batch.length > 0) await reconciler.apply(batch, never)
            else if (read && server.zone.staleLists === 0) break
            else reconciler.forget()
          } catch (error) {
            if (!(error instanceof ProviderError)) throw error
            errors += 1
          }
        }
        server.calm()
        // The last reading may have been of a lagging replica: then the next resync finds it.
        reconciler.forget()
        for (;;) {
          await reconciler.prepare(wanted, never)
          const batch = reconciler.nextBatch(reconciler.plan(wanted))
          if (batch.length === 0) break
          await reconciler.apply(batch, never)
          reconciler.forget()
        }
        expect(JSON.stringify(foreignIn(server.zone)), where).toBe(foreign)
        const ours = new Map(server.zone.view())
        for (const one of foreignIn(server.zone)) ours.delete(`${one.name} ${one.type}`)
        expect(ours, where).toEqual(viewOf(wanted))
      }
    } finally {
      await world.close()
    }
    expect(errors).toBeGreaterThan(200)
  }, 120_000)

  it('after a site loss 1,000 sets are right again in as few calls as the plan allows', async () => {
    for (const [plan, calls] of [
      ['free', 5],
      ['pro', 1],
    ] as const) {
      const world = await makeWorld({
        options: { plan },
        server: { zones: [{ id: ZONE_ID, name: 'example.com', plan, quota: 3_500 }] },
      })
      const { server, provider } = world
      const state = (site: number): Wanted =>
        wantedOf(Array.from({ length: 1_000 }, (_, i) => set(`n${i} 60 IN A 192.0.${site}.${i % 250}`)))
      const reconciler = new Reconciler(provider, SETTINGS)
      const converge = async (wanted: Wanted) => {
        await reconciler.prepare(wanted, never)
        for (;;) {
          const batch = reconciler.nextBatch(reconciler.plan(wanted))
          if (batch.length === 0) return
          await reconciler.apply(batch, never)
        }
      }
      await converge(state(2))
      const before = server.calls.length
      await converge(state(3))
      expect(
        server.calls.slice(before).map((call) => call.kind),
        plan,
      ).toEqual(Array(calls).fill('batch'))
      expect(
        server.zone.records.every((one) => one.content.startsWith('192.0.3.')),
        plan,
      ).toBe(true)
      await world.close()
    }
  }, 60_000)
})
