import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../test/support/virtual-time.ts'

/** Every zone says the same about names of its own, so each server can read one master file for all: ten names. */
export const RECORDS = `@ 30 IN A 192.0.2.11
@ 30 IN MX 10 mail
ns1 30 IN A 192.0.2.1
ns2 30 IN A 192.0.2.2
_sip._udp 30 IN SRV 10 60 5060 sip1
_sip._udp 30 IN SRV 20 100 5060 sip2
sip1 30 IN A 192.0.2.11
sip1 30 IN AAAA 2001:db8::11
sip2 30 IN A 192.0.2.12
mail 30 IN A 192.0.2.25
www 30 IN CNAME sip1
text 30 IN TXT "text"
`

const HEAD = `$TTL 30
@ 15 IN SOA ns1 hostmaster 1 300 60 1209600 15
@ 3600 IN NS ns1
@ 3600 IN NS ns2
`

export const MASTER_FILE = HEAD + RECORDS

/** Without the final dot. */
export function zoneName(index: number): string {
  return `z${index}.bench.test`
}

export function zoneNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => zoneName(index))
}

/** The kinds of answers that are measured, each as what is asked of a zone. */
export const KINDS = {
  A: (zone: string) => `${zone} A`,
  SRV: (zone: string) => `_sip._udp.${zone} SRV`,
  NXDOMAIN: (zone: string, chance: number) => `n${Math.floor(chance * 100_000)}.${zone} A`,
  NODATA: (zone: string) => `mail.${zone} AAAA`,
} as const

export type Kind = keyof typeof KINDS

/** What phones and resolvers ask: half addresses, a third services, the rest for what is not there. */
const MIX: readonly (readonly [Kind, number])[] = [
  ['A', 0.5],
  ['SRV', 0.3],
  ['NXDOMAIN', 0.1],
  ['NODATA', 0.1],
]

const QUERIES = 20_000

/** A file of queries for dnsperf over `zones` zones, the same for the same arguments. */
export function writeQueries(folder: string, zones: number, kind: Kind | 'mix'): string {
  const random = seededRandom(zones)
  const lines = Array.from({ length: QUERIES }, () => {
    const zone = zoneName(Math.floor(random.next() * zones))
    return KINDS[kind === 'mix' ? drawn(random.next()) : kind](zone, random.next())
  })
  const path = join(folder, `queries-${zones}-${kind}`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

function drawn(point: number): Kind {
  let upTo = 0
  for (const [kind, share] of MIX) {
    upTo += share
    if (point < upTo) return kind
  }
  return 'A'
}
