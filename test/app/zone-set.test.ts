import { describe, expect, test } from 'vitest'
import { ZoneSet } from '../../src/app/zone-set.ts'
import type { DomainName, TargetId } from '../../src/core/brand.ts'
import type { Decision, Member } from '../../src/core/decision.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { settingsOf } from '../support/settings.ts'

const ORIGIN = 'voice.example.com.' as DomainName
const TOUCHED = new Set([ORIGIN])

function config(ttl: string, port = 5060) {
  return settingsOf(`
node: ns1
probes:
  options: { type: sip-options }
pools:
  edge:
    policy: all
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11, port: ${port} }
      sip2: { address: 192.0.2.12 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    ttl: ${ttl}
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }
`)
}

function member(name: string, address: string): Member {
  return { target: `edge/${name}` as TargetId, name, addresses: [address], priority: 10, weight: 10 }
}

const BOTH = [member('sip1', '192.0.2.11'), member('sip2', '192.0.2.12')]

function decided(members: readonly Member[], suspect = false): ReadonlyMap<string, Decision> {
  const decision: Decision = {
    pool: 'edge',
    view: 'options',
    mode: 'normal',
    members,
    active: members,
    pick: 'all',
    suspect,
    why: [`suspect: ${suspect}`],
  }
  return new Map([['edge options', decision]])
}

function zoneSet() {
  return new ZoneSet(new Map(), { logger: silentLogger, tell: () => {} })
}

describe('building zones anew', () => {
  test('suspicion alone moves nothing where the TTL stands still', () => {
    const zones = zoneSet()
    const settings = config('30s')
    const first = zones.rebuild(settings, decided(BOTH), TOUCHED, 1_000)
    expect(first).toBeDefined()
    const remembered = zones.serials.get(ORIGIN)
    expect(zones.rebuild(settings, decided(BOTH, true), TOUCHED, 2_000)).toBeUndefined()
    expect(zones.snapshot).toBe(first)
    // Each build remembers its serial anew.
    expect(zones.serials.get(ORIGIN)).toBe(remembered)
  })

  test('suspicion shortens a TTL that has a minimum, and its end lengthens it', () => {
    const zones = zoneSet()
    const settings = config('{ min: 10s, max: 60s }')
    const ttls = [false, true, false].map((suspect, index) => {
      zones.rebuild(settings, decided(BOTH, suspect), TOUCHED, 1_000 * index)
      return zones.snapshot?.zones.get(ORIGIN)?.sets.find(({ type }) => type === 'A')?.ttl
    })
    expect(ttls).toEqual([60, 10, 60])
  })

  test('who leaves under suspicion leaves the answer, and comes back to it', () => {
    const zones = zoneSet()
    const settings = config('30s')
    const steps = [BOTH, BOTH.slice(1), BOTH].map((members, index) => {
      zones.rebuild(settings, decided(members, index === 1), TOUCHED, 1_000 * index)
      const set = zones.snapshot?.zones.get(ORIGIN)?.sets.find(({ type }) => type === 'SRV')
      return set?.records.length
    })
    expect(steps).toEqual([2, 1, 2])
  })

  test('a port that a reload moved is in the answer, though every decision is as it was', () => {
    const zones = zoneSet()
    const decisions = decided(BOTH)
    zones.rebuild(config('30s'), decisions, TOUCHED, 1_000)
    zones.rebuild(config('30s', 5070), decisions, TOUCHED, 2_000)
    const set = zones.snapshot?.zones.get(ORIGIN)?.sets.find(({ type }) => type === 'SRV')
    const ports = set?.records.map((record) => (record.type === 'SRV' ? record.port : 0)).sort()
    expect(ports).toEqual([5060, 5070])
  })
})
