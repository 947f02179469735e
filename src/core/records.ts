import type { DomainName } from './brand.ts'

/** Resource data as values; names are canonical, numbers are in range by construction (the zone layer checks). */
export type Rdata =
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'NS' | 'CNAME' | 'PTR' | 'DNAME'; readonly target: DomainName }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: DomainName }
  | {
      readonly type: 'TXT'
      /** One octet a character (latin1), at most 255 each. */
      readonly strings: readonly string[]
    }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: DomainName
    }
  | {
      readonly type: 'NAPTR'
      readonly order: number
      readonly preference: number
      readonly flags: string
      readonly services: string
      readonly regexp: string
      readonly replacement: DomainName
    }
  | {
      readonly type: 'SOA'
      readonly mname: DomainName
      readonly rname: DomainName
      readonly serial: number
      readonly refresh: number
      readonly retry: number
      readonly expire: number
      readonly minimum: number
    }
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  | {
      /** RFC 3597: `TYPE65280`; `data` is lower-case hex. */
      readonly type: `TYPE${number}`
      readonly data: string
    }

export type RecordType = Rdata['type']

/** One of several sets that a response carries in turn. */
export interface Alternative {
  readonly weight: number
  readonly records: readonly Rdata[]
}

/** All records of one name and type. */
export interface RecordSet {
  readonly name: DomainName
  readonly type: RecordType
  /** Seconds, 0 to 2147483647 (RFC 2181 section 8). One for the whole set (RFC 2181 section 5.2). */
  readonly ttl: number
  /** Never empty; sorted as they are to be sent. */
  readonly records: readonly Rdata[]
  /** When present, each response carries exactly one of these, drawn by weight; `records` is their union. */
  readonly alternatives?: readonly Alternative[]
  readonly origin: 'static' | 'generated'
  /** The decision behind it is not one of calm: an operator who looks into an answer is told so. No part of the content. */
  readonly mode?: 'last-resort' | 'frozen'
}
