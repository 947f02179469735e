import { describe, expect, it } from 'vitest'
import type { RecordSet } from '../../../src/core/records.ts'
import type { Zone } from '../../../src/core/snapshot.ts'
import { wantedFrom } from '../../../src/publishers/reconcile/wanted.ts'
import { buildZone } from '../../../src/zone/build.ts'
import { settingsOf } from '../../support/settings.ts'
import { snapshotOf } from './support.ts'

const [zone] = snapshotOf('sip1 IN A 192.0.2.11').zones.values()
const at = (records: readonly string[], weights: readonly number[]): Zone => {
  const set: RecordSet = {
    name: 'voice.example.com.' as never,
    type: 'A',
    ttl: 30,
    records: records.map((address) => ({ type: 'A', address })),
    alternatives: records.map((address, at) => ({
      weight: weights[at] ?? 0,
      records: [{ type: 'A', address }],
    })),
    origin: 'generated',
  }
  return { ...(zone as Zone), sets: [set] }
}

describe('what a provider shall have', () => {
  it('is what the deeper one says where two zones have the same name', () => {
    const upper = { ...(zone as Zone), sets: [] as RecordSet[] }
    const deeper = { ...upper, origin: 'sip1.voice.example.com.' as never }
    const [set] = (zone as Zone).sets as [RecordSet]
    const other: RecordSet = { ...set, records: [{ type: 'A', address: '192.0.2.99' }] }
    for (const zones of [
      [
        { ...upper, sets: [set] },
        { ...deeper, sets: [other] },
      ],
      [
        { ...deeper, sets: [other] },
        { ...upper, sets: [set] },
      ],
    ])
      expect(wantedFrom(zones, {}).sets).toMatchObject([{ records: [{ address: '192.0.2.99' }] }])
  })

  it('are answers and the hosts that they lead to: no SOA, no NS, no static records', () => {
    const settings = settingsOf(`
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
    nameservers: [ns1.voice.example.com., ns2.example.net.]
    publish: [dns, aws]
    records: "ns1 IN A 192.0.2.1"
    answers:
      - { name: "@", type: NAPTR, pool: edge, transports: [udp] }
providers:
  aws: { type: route53, hostedZoneId: Z1, owner: a }
`)
    const [only] = settings.zones.values()
    if (only === undefined) throw new Error('no zone')
    const member = {
      target: 'edge/sip1' as never,
      name: 'sip1',
      addresses: ['192.0.2.11'],
      priority: 10,
      weight: 100,
    }
    const decision = {
      pool: 'edge',
      view: 'options',
      mode: 'normal' as const,
      members: [member],
      active: [member],
      pick: 'one' as const,
      suspect: false,
      why: [],
    }
    const decisions = new Map([['edge options', decision]])
    const built = buildZone({ settings: only, pools: settings.pools, decisions, nowMs: 0 })
    const wanted = wantedFrom([built], {})
    expect(wanted.sets.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      '_sip._udp.voice.example.com. SRV',
      'sip1.voice.example.com. A',
      'voice.example.com. NAPTR',
    ])
    expect([...wanted.names].sort()).toEqual([
      '_sip._udp.voice.example.com.',
      'sip1.voice.example.com.',
      'voice.example.com.',
    ])
  })

  it('are all alternatives together where the provider draws none', () => {
    const { sets } = wantedFrom([at(['192.0.2.1', '192.0.2.2'], [60, 40])], {})
    expect(sets).toEqual([
      {
        name: 'voice.example.com.',
        type: 'A',
        ttl: 30,
        records: [
          { type: 'A', address: '192.0.2.1' },
          { type: 'A', address: '192.0.2.2' },
        ],
      },
    ])
  })

  it.each([
    [
      [60, 40],
      [60, 40],
    ],
    [
      [0, 40],
      [0, 40],
    ],
    [
      [65_535, 32_768],
      [255, 128],
    ],
    [
      [65_535, 1],
      [255, 1],
    ],
  ])('are variants where it does, with weights %j as %j', (weights, scaled) => {
    const { sets } = wantedFrom([at(['192.0.2.1', '192.0.2.2'], weights)], {
      variants: { maxWeight: 255, maxCount: 100 },
    })
    expect(sets.map(({ variant }) => variant)).toEqual([
      { id: '192.0.2.1', weight: scaled[0] },
      { id: '192.0.2.2', weight: scaled[1] },
    ])
    expect(sets.map(({ records }) => records.length)).toEqual([1, 1])
  })

  it('are one variant for two targets with one address', () => {
    const { sets } = wantedFrom([at(['192.0.2.1', '192.0.2.1'], [60, 40])], {
      variants: { maxWeight: 255, maxCount: 100 },
    })
    expect(sets.map(({ variant }) => variant)).toEqual([{ id: '192.0.2.1', weight: 100 }])
  })
})
