import type { DomainName } from '../../../core/brand.ts'
import type { Rdata, RecordType } from '../../../core/records.ts'
import { a, aaaa } from './address.ts'
import { alias } from './alias.ts'
import { caa } from './caa.ts'
import type { RdataCodec } from './codec.ts'
import { type Field, FieldReader } from './field.ts'
import { mx } from './mx.ts'
import { naptr } from './naptr.ts'
import { opaque, parseOpaque } from './opaque.ts'
import { OctetReader, type RdataPart } from './part.ts'
import { soa } from './soa.ts'
import { srv } from './srv.ts'
import { txt } from './txt.ts'

/** A record and its codec are found by the same key, so no codec is ever given another's type. */
const CODECS: ReadonlyMap<string, RdataCodec<Rdata>> = new Map<string, RdataCodec<Rdata>>([
  ['A', a],
  ['AAAA', aaaa],
  ['NS', alias],
  ['CNAME', alias],
  ['PTR', alias],
  ['DNAME', alias],
  ['MX', mx],
  ['TXT', txt],
  ['SRV', srv],
  ['NAPTR', naptr],
  ['SOA', soa],
  ['CAA', caa],
])

function codecOf(type: RecordType): RdataCodec<Rdata> {
  return CODECS.get(type) ?? opaque
}

/** The wire parts of `rdata`, in order. Values out of range are a bug of the caller: `RangeError`. */
export function encodeRdata(rdata: Rdata): RdataPart[] {
  return codecOf(rdata.type).encode(rdata)
}

/** Uncompressed octets to a value. Throws `RdataError`. */
export function decodeRdata(type: RecordType, bytes: Uint8Array): Rdata {
  const octets = new OctetReader(bytes)
  const rdata = codecOf(type).decode(octets, type)
  octets.end()
  return rdata
}

/** Master-file text of `rdata`, without name, TTL, class and type. */
export function formatRdata(rdata: Rdata): string {
  return codecOf(rdata.type).format(rdata)
}

/**
 * Master-file fields to a value; relative names belong to `origin`.
 * `\# length hex` (RFC 3597 section 5) is taken for known types too. Throws `RdataError`.
 */
export function parseRdata(type: RecordType, fields: readonly Field[], origin: DomainName): Rdata {
  const first = fields[0]
  if (first !== undefined && first.text === '\\#' && !first.quoted) {
    const reader = new FieldReader(fields, origin)
    reader.next('\\#')
    return decodeRdata(type, parseOpaque(reader))
  }
  const reader = new FieldReader(fields, origin)
  const rdata = codecOf(type).parse(reader, type)
  reader.end()
  return rdata
}
