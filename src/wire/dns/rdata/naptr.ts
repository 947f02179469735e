import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { formatString } from './field.ts'
import { integers } from './part.ts'
import { characterString } from './txt.ts'

/** RFC 3403 section 4.1; its replacement is never compressed (RFC 3597 section 4). */
export const naptr: RdataCodec<Extract<Rdata, { type: 'NAPTR' }>> = {
  encode: (rdata) => [
    integers([rdata.order, 16], [rdata.preference, 16]),
    characterString(rdata.flags),
    characterString(rdata.services),
    characterString(rdata.regexp),
    { name: rdata.replacement, compress: false },
  ],
  decode: (octets) => ({
    type: 'NAPTR',
    order: octets.integer(16),
    preference: octets.integer(16),
    flags: octets.string(),
    services: octets.string(),
    regexp: octets.string(),
    replacement: octets.name(),
  }),
  format: (rdata) =>
    [
      rdata.order,
      rdata.preference,
      formatString(rdata.flags),
      formatString(rdata.services),
      formatString(rdata.regexp),
      rdata.replacement,
    ].join(' '),
  parse: (fields) => ({
    type: 'NAPTR',
    order: fields.integer('the order', 16),
    preference: fields.integer('the preference', 16),
    flags: fields.string('the flags'),
    services: fields.string('the services'),
    regexp: fields.string('the regexp'),
    replacement: fields.name('the replacement'),
  }),
}
