import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'

/** NS, CNAME and PTR: one name (RFC 1035 sections 3.3.1, 3.3.11 and 3.3.12). */
export const alias: RdataCodec<Extract<Rdata, { type: 'NS' | 'CNAME' | 'PTR' }>> = {
  encode: (rdata) => [{ name: rdata.target, compress: true }],
  decode: (octets, type) => ({ type, target: octets.name() }),
  format: (rdata) => rdata.target,
  parse: (fields, type) => ({ type, target: fields.name('the target') }),
}
