import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { integers } from './part.ts'

/** RFC 1035 section 3.3.9. */
export const mx: RdataCodec<Extract<Rdata, { type: 'MX' }>> = {
  encode: (rdata) => [integers([rdata.preference, 16]), { name: rdata.exchange, compress: true }],
  decode: (octets) => ({ type: 'MX', preference: octets.integer(16), exchange: octets.name() }),
  format: (rdata) => `${rdata.preference} ${rdata.exchange}`,
  parse: (fields) => ({
    type: 'MX',
    preference: fields.integer('the preference', 16),
    exchange: fields.name('the exchange'),
  }),
}
