import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'

/**
 * NS, CNAME and PTR: one name (RFC 1035 sections 3.3.1, 3.3.11 and 3.3.12). DNAME too, whose name is never compressed
 * (RFC 6672 section 2.5).
 */
export const alias: RdataCodec<Extract<Rdata, { type: 'NS' | 'CNAME' | 'PTR' | 'DNAME' }>> = {
  encode: (rdata) => [{ name: rdata.target, compress: rdata.type !== 'DNAME' }],
  decode: (octets, type) => ({ type, target: octets.name() }),
  format: (rdata) => rdata.target,
  parse: (fields, type) => ({ type, target: fields.name('the target') }),
}
