import { RCODE, TYPE } from '../../wire/dns/constants.ts'

/** Types that are counted apart: a metric with a value for each of 65,536 could be filled by anybody. */
const APART = [
  'A',
  'AAAA',
  'SRV',
  'NAPTR',
  'SOA',
  'NS',
  'CNAME',
  'DNAME',
  'PTR',
  'MX',
  'TXT',
  'CAA',
  'DS',
  'DNSKEY',
  'SVCB',
  'HTTPS',
  'AXFR',
  'IXFR',
  'ANY',
] as const

/** The slots of counted types: those apart, and one for all others. */
export const COUNTED_TYPES = APART.length + 1

export const typeNames: readonly string[] = [...APART, 'other']

const OTHER = APART.length
const slots = new Uint8Array(512).fill(OTHER)
for (const [slot, name] of APART.entries()) slots[TYPE[name]] = slot

/** Index into `typeNames`. */
export function typeSlot(qtype: number): number {
  return slots[qtype] ?? OTHER
}

/** What a query's cookie was: none, a client's first, one that does not hold, a good one. */
export const COOKIE_WORD = { NONE: 0, FIRST: 1, BAD: 2, GOOD: 3 } as const

/** By `COOKIE_WORD`. */
export const cookieNames: readonly string[] = ['none', 'first', 'bad', 'good']

/** BADVERS shares its number with BADSIG, which travels in TSIG alone. */
const RCODE_NAMES: ReadonlyMap<number, string> = new Map(
  (
    [
      'NOERROR',
      'FORMERR',
      'SERVFAIL',
      'NXDOMAIN',
      'NOTIMP',
      'REFUSED',
      'YXDOMAIN',
      'NOTAUTH',
      'BADVERS',
      'BADCOOKIE',
    ] as const
  ).map((name) => [RCODE[name], name]),
)

export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`
}
