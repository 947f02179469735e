import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, Mode } from '../../../src/core/decision.ts'
import type { Zone } from '../../../src/core/snapshot.ts'
import { isSubdomain, parentOf } from '../../../src/wire/dns/name.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { ask } from '../../support/dns-ask.ts'
import { snapshotOf } from '../../support/dns-zone.ts'
import { answer, decisionOf, memberOf, ORIGIN, poolOf, poolsOf, target } from '../../zone/sample.ts'
import { build } from '../../zone/sample-build.ts'

const POOL = poolOf('edge', [
  target('edge', 'sip1', { addresses: ['192.0.2.11', '2001:db8::11'], priority: 10 }),
  target('edge', 'sip2', { addresses: ['192.0.2.12'], priority: 10 }),
  target('edge', 'sip3', { addresses: ['192.0.2.13', '2001:db8::13'], priority: 20 }),
])
const ANSWERS = [
  answer('@', 'A'),
  answer('@', 'AAAA'),
  answer('deep.below.the.apex', 'A'),
  answer('_sip._udp', 'SRV'),
  answer('_sips._tcp', 'SRV', { transports: ['tls'] }),
  answer('_sip._udp.branch', 'SRV'),
  answer('@', 'NAPTR', { transports: ['udp', 'tls'] }),
]
/** Those of the DNS that a resolver may ask for, and one that nobody knows. */
const TYPES = [
  1, 2, 5, 6, 12, 13, 15, 16, 28, 29, 33, 35, 39, 43, 46, 47, 48, 52, 64, 65, 99, 255, 257, 65_280,
]
const SEED = 8_020

/** Any decision that a policy could come to: who is a member, who of them active, in which mode. */
const decisions = fc
  .record({
    alive: fc.subarray([0, 1, 2]),
    busy: fc.subarray([0, 1, 2]),
    mode: fc.constantFrom<Mode>('normal', 'failover', 'last-resort', 'frozen'),
    pick: fc.constantFrom('one' as const, 'all' as const),
    suspect: fc.boolean(),
  })
  .map(({ alive, busy, mode, pick, suspect }): Decision => {
    const members = POOL.targets.filter((_, i) => alive.includes(i)).map((one) => memberOf(one))
    const active = POOL.targets
      .filter((_, i) => alive.includes(i) && busy.includes(i))
      .map((one) => memberOf(one))
    return decisionOf(POOL, { members, active, mode, pick, suspect })
  })

function zoneIn(decision: Decision): Zone {
  return build({ answers: ANSWERS }, [decision], [...poolsOf(POOL).values()])
}

/** Every name of the zone in its best state, and all between them and the apex. */
function configuredNames(): string[] {
  const names = new Set<string>()
  const zone = zoneIn(decisionOf(POOL))
  for (const name of [...zone.names, ...zone.sets.map((set) => set.name)]) {
    for (let at = parentOf(name); at !== undefined && isSubdomain(at, ORIGIN); at = parentOf(at))
      names.add(at)
    names.add(name)
  }
  return [...names].map((name) => name.replace(/\.$/, ''))
}

describe('whatever the health', () => {
  const names = configuredNames()

  it('no name of the configuration, and none above it in the zone, is ever NXDOMAIN (RFC 8020)', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'voice.example.com',
        'the.apex.voice.example.com',
        '_udp.branch.voice.example.com',
      ]),
    )
    fc.assert(
      fc.property(decisions, (decision) => {
        const view = compileSnapshot(snapshotOf(zoneIn(decision)))
        for (const name of names) {
          for (const type of TYPES) {
            const { rcode, flags, answer: records, authority } = ask(name, type, { view, edns: true })
            expect([name, type, rcode, flags]).toEqual([name, type, 'NOERROR', 'qr aa'])
            // RFC 2308 section 2.2: without the SOA it could not be kept for as long as we want, and no longer.
            if (records.length === 0)
              expect(authority).toEqual([expect.stringMatching(/^voice\.example\.com 15 SOA /)])
          }
        }
      }),
      { numRuns: 60, seed: SEED },
    )
  })

  it('no reply names an address of a target that is left out of its answer', () => {
    fc.assert(
      fc.property(decisions, (decision) => {
        const view = compileSnapshot(snapshotOf(zoneIn(decision)))
        const living = new Set(decision.members.flatMap((member) => member.addresses))
        for (const name of ['_sip._udp', '_sips._tcp', '_sip._udp.branch']) {
          const reply = ask(`${name}.voice.example.com`, 'SRV', { view, edns: true })
          const targets = new Set(reply.answer.map((line) => line.split(' ').at(-1)))
          expect(targets.size).toBe(decision.members.length)
          for (const line of reply.additional) {
            const [owner = '', , , address = ''] = line.split(' ')
            expect(targets).toContain(owner)
            expect(living).toContain(address)
          }
        }
      }),
      { numRuns: 60, seed: SEED },
    )
  })
})
