import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { formatString } from './field.ts'
import { octetsOf, RdataError, type RdataPart } from './part.ts'

/** A `<character-string>` (RFC 1035 section 3.3): a length octet, then at most 255 octets. */
export function characterString(latin1Text: string): RdataPart {
  const octets = octetsOf(latin1Text)
  if (octets.length > 255) throw new RangeError(`a character-string of ${octets.length} octets`)
  return { bytes: Uint8Array.of(octets.length, ...octets) }
}

/** RFC 1035 section 3.3.14: one or more strings. */
export const txt: RdataCodec<Extract<Rdata, { type: 'TXT' }>> = {
  encode(rdata) {
    if (rdata.strings.length === 0) throw new RangeError('TXT without a string')
    return rdata.strings.map(characterString)
  },
  decode(octets) {
    const strings: string[] = []
    while (octets.left > 0) strings.push(octets.string())
    if (strings.length === 0) throw new RdataError('TXT without a string')
    return { type: 'TXT', strings }
  },
  format: (rdata) => rdata.strings.map(formatString).join(' '),
  parse(fields) {
    const strings = [fields.string('the text')]
    while (fields.more) strings.push(fields.string('the text'))
    return { type: 'TXT', strings }
  },
}
