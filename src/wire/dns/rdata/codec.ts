import type { Rdata } from '../../../core/records.ts'
import type { FieldReader } from './field.ts'
import type { OctetReader, RdataPart } from './part.ts'

/** One type's rdata as value, as wire octets, and as master-file text. */
export interface RdataCodec<R extends Rdata> {
  encode(rdata: R): RdataPart[]
  /** From uncompressed octets. Throws `RdataError`. */
  decode(octets: OctetReader, type: R['type']): R
  /** The canonical text: absolute names, quoted strings. */
  format(rdata: R): string
  /** Throws `RdataError`. */
  parse(fields: FieldReader, type: R['type']): R
}
