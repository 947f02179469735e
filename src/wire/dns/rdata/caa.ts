import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { formatString } from './field.ts'
import { integers, latin1, octetsOf, RdataError } from './part.ts'
import { characterString } from './txt.ts'

/** RFC 8659 section 4.1: letters and digits, at least one. */
const TAG = /^[a-z0-9]{1,255}$/i

/** What is left of 65,535 octets of rdata behind the flags and the longest tag. */
const MAX_VALUE = 65_278

/** RFC 8659 section 4.1; the value has no length of its own, so it may be longer than a character-string. */
export const caa: RdataCodec<Extract<Rdata, { type: 'CAA' }>> = {
  encode: (rdata) => [
    integers([rdata.flags, 8]),
    characterString(rdata.tag),
    { bytes: octetsOf(rdata.value) },
  ],
  decode(octets) {
    const flags = octets.integer(8)
    const tag = octets.string()
    if (!TAG.test(tag)) throw new RdataError('a CAA tag has letters and digits only')
    return { type: 'CAA', flags, tag, value: latin1(octets.take(octets.left)) }
  },
  format: (rdata) => `${rdata.flags} ${rdata.tag} ${formatString(rdata.value)}`,
  parse(fields) {
    const flags = fields.integer('the flags', 8)
    const tag = fields.word('the tag')
    if (!TAG.test(tag)) throw fields.wrong('a CAA tag has letters and digits only')
    return { type: 'CAA', flags, tag, value: fields.string('the value', MAX_VALUE) }
  },
}
