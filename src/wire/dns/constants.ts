import type { RecordType } from '../../core/records.ts'

/** Record and query types by mnemonic (IANA registry "Domain Name System (DNS) Parameters"). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  KEY: 25,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const

export const CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const

/** BADVERS and BADCOOKIE are 12-bit codes: their upper bits travel in the OPT (RFC 6891 section 6.1.3). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const

export const EDNS_OPTION = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EDE: 15,
} as const

/** Extended DNS errors (RFC 8914 section 4). */
export const EDE = {
  OTHER: 0,
  STALE_ANSWER: 3,
  NOT_READY: 14,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  SYNTHESIZED: 29,
  INVALID_QUERY_TYPE: 30,
} as const

/** The types that `Rdata` spells out; every other one is opaque octets under its number (RFC 3597). */
const SPELLED: ReadonlySet<string> = new Set([
  'A',
  'NS',
  'CNAME',
  'SOA',
  'PTR',
  'DNAME',
  'MX',
  'TXT',
  'AAAA',
  'SRV',
  'NAPTR',
  'CAA',
])

const CODES: ReadonlyMap<string, number> = new Map(Object.entries(TYPE))
const MNEMONICS: ReadonlyMap<number, string> = new Map(
  Object.entries(TYPE).map(([name, code]) => [code, name]),
)

/** The number of a record type: `A` is 1, `TYPE65280` is 65280. */
export function typeCode(type: RecordType): number {
  return CODES.get(type) ?? Number(type.slice('TYPE'.length))
}

/** The record type as the vocabulary names it: 1 is `A`, 43 is `TYPE43` for its rdata is opaque to us. */
export function recordType(code: number): RecordType {
  const mnemonic = MNEMONICS.get(code)
  return mnemonic !== undefined && SPELLED.has(mnemonic) ? (mnemonic as RecordType) : `TYPE${code}`
}

/** The number behind a mnemonic or `TYPEnnn` (RFC 3597 section 5), in any case; undefined where it is neither. */
export function typeCodeFromText(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = CODES.get(upper)
  if (known !== undefined) return known
  const digits = /^TYPE(\d{1,5})$/.exec(upper)?.[1]
  if (digits === undefined || Number(digits) > 0xffff) return undefined
  return Number(digits)
}

/** The usual name for people: `DS` for 43, `TYPE65280` where there is none. */
export function typeName(code: number): string {
  return MNEMONICS.get(code) ?? `TYPE${code}`
}

/** OPT, 0 and the range of meta and query types are questions or signals, never zone data (RFC 6895 section 3.1). */
export function isMetaType(code: number): boolean {
  return code === 0 || code === TYPE.OPT || (code >= 128 && code <= 255)
}
