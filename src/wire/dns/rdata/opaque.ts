import type { Rdata } from '../../../core/records.ts'
import { isMetaType, recordType, typeCode } from '../constants.ts'
import type { RdataCodec } from './codec.ts'
import type { FieldReader } from './field.ts'
import { RdataError } from './part.ts'

const MAX_RDATA = 0xffff

/** The octets of RFC 3597 section 5 text, behind the `\#`: a length, then hex in any number of fields. */
export function parseOpaque(fields: FieldReader): Uint8Array {
  const length = fields.integer('the length behind \\#', 16)
  let hex = ''
  while (fields.more) {
    const part = fields.word('the hex')
    if (!/^[0-9a-f]+$/i.test(part)) throw fields.wrong('not hexadecimal')
    hex += part
    if (hex.length > MAX_RDATA * 2) throw fields.wrong('more octets than the length says')
  }
  if (hex.length !== length * 2)
    throw new RdataError(`the length says ${length} octets, there are ${hex.length / 2}`)
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16))
}

/** Types that are octets to us (RFC 3597): never compressed, written as `\# length hex`. */
export const opaque: RdataCodec<Extract<Rdata, { type: `TYPE${number}` }>> = {
  encode(rdata) {
    const code = typeCode(rdata.type)
    if (isMetaType(code) || recordType(code) !== rdata.type)
      throw new RangeError(`${rdata.type} is not opaque data`)
    if (!/^(?:[0-9a-f]{2})*$/.test(rdata.data)) throw new RangeError('not lower-case hex')
    return [{ bytes: Uint8Array.from(rdata.data.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) }]
  },
  decode: (octets, type) => ({
    type,
    data: Array.from(octets.take(octets.left), (octet) => octet.toString(16).padStart(2, '0')).join(''),
  }),
  format: (rdata) => `\\# ${rdata.data.length / 2}${rdata.data === '' ? '' : ` ${rdata.data}`}`,
  parse() {
    throw new RdataError('this type is known by its octets only: write them as \\# length hex (RFC 3597)')
  },
}
