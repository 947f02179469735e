import type { DomainName } from '../../src/core/brand.ts'
import type { Rdata, RecordSet } from '../../src/core/records.ts'
import type { Snapshot, Zone } from '../../src/core/snapshot.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'

/** A zone from master-file text, SOA and NS included as the text has them; `names` exist without records. */
export function zoneOf(
  origin: string,
  text: string,
  more: {
    names?: readonly string[]
    weighted?: Readonly<Record<string, readonly number[]>>
    publish?: readonly string[]
  } = {},
): Zone {
  const apex = canonicalName(origin)
  const { records, faults } = parseMasterFile(text, { origin: apex, defaultTtl: 30 })
  if (faults[0] !== undefined) throw new Error(`line ${faults[0].line}: ${faults[0].message}`)
  const sets = new Map<string, RecordSet & { records: Rdata[] }>()
  for (const record of records) {
    const key = `${record.name} ${record.type}`
    const set = sets.get(key) ?? { ...record, records: [], origin: 'static' as const }
    set.records.push(record.rdata)
    sets.set(key, {
      name: record.name,
      type: record.type,
      ttl: record.ttl,
      records: set.records,
      origin: 'static',
    })
  }
  const soa = sets.get(`${apex} SOA`)?.records[0]
  return {
    origin: apex,
    serial: soa?.type === 'SOA' ? soa.serial : 0,
    contentHash: text,
    sets: [...sets].map(([key, set]) => weighted(set, more.weighted?.[key])),
    names: (more.names ?? []).map((name) => canonicalName(name, apex)),
    publish: more.publish ?? ['dns'],
  }
}

export function snapshotOf(...zones: readonly Zone[]): Snapshot {
  return {
    generation: 1,
    atMs: 0,
    zones: new Map<DomainName, Zone>(zones.map((zone) => [zone.origin, zone])),
    decisions: new Map(),
  }
}

/** One alternative a record, with these weights. */
function weighted(set: RecordSet, weights: readonly number[] | undefined): RecordSet {
  if (weights === undefined) return set
  return {
    ...set,
    alternatives: set.records.map((record, i) => ({ weight: weights[i] ?? 0, records: [record] })),
  }
}

/** A zone with one of everything that a responder has to know about. */
export const VOICE = zoneOf(
  'voice.example.test.',
  `
@        60 SOA ns1 hostmaster 2026010101 7200 900 1209600 15
@           NS  ns1
@           NS  ns2
@           A   192.0.2.11
@           AAAA 2001:db8::11
@           MX  10 mail
@           NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
@           NAPTR 20 10 "s" "SIPS+D2T" "" _sips._tcp
ns1         A   192.0.2.1
ns2         A   192.0.2.2
ns2         AAAA 2001:db8::2
mail        A   192.0.2.25
_sip._udp   SRV 10 60 5060 sip1
_sip._udp   SRV 20 100 5060 sip2
_sips._tcp  SRV 10 60 5061 sip1
sip1        A   192.0.2.11
sip1        AAAA 2001:db8::11
sip2        A   192.0.2.12
flat        NAPTR 10 10 "a" "SIP+D2U" "" sip2
text        TXT "one" "two words" "\\195\\164\\000"
opaque      TYPE65280 \\# 3 c00c01
caa         CAA 0 issue "ca.example"
pointer     PTR sip1
alias       CNAME sip1
chain       CNAME alias
dangling    CNAME nowhere
outside     CNAME www.example.org.
loop1       CNAME loop2
loop2       CNAME loop1
self        CNAME self
away        CNAME sip.other.test.
lost        CNAME lost.other.test.
handed      CNAME host.child
*.wild      A   192.0.2.50
*.wild      TXT "wild"
deep.block.wild A 192.0.2.51
*.star      CNAME sip1
*.lostar    CNAME x.y.lostar
child       NS  ns1.child
child       NS  ns.other.test.
child       NS  ns2
child       TYPE43 \\# 4 00010203
ns1.child   A   192.0.2.60
ns1.child   AAAA 2001:db8::60
weighted    A   192.0.2.71
weighted    A   192.0.2.72
weighted    A   192.0.2.73
odd\\.dot\\000 A 192.0.2.80
`,
  { names: ['asleep', 'x.quiet'], weighted: { 'weighted.voice.example.test. A': [70, 25, 5] } },
)

/** A second zone, so that aliases can cross over. */
export const OTHER = zoneOf(
  'other.test.',
  `
@      60 SOA ns1 hostmaster 7 7200 900 1209600 60
@      NS  ns1
ns1    A   198.51.100.1
sip    A   198.51.100.5
back   CNAME chain.voice.example.test.
round  CNAME circle.third.test.
`,
)
