import { createHmac } from 'node:crypto'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { appendTsig, splitTsig, type Tsig } from '../../../../src/wire/dns/tsig/record.ts'
import { signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { queryOf, u16, wireName } from '../../../support/dns-query.ts'

export const SECRET = Buffer.from('0123456789abcdef0123456789abcdef')
export const key = tsigKey('Update-Key.Example.', 'HMAC-SHA256', SECRET.toString('base64'))
export const other = tsigKey('other.example.', 'hmac-sha256', Buffer.alloc(32, 7).toString('base64'))
export const keys = new Map([[key.name, key]])
export const NOW_MS = 1_700_000_000_123
export const NOW_S = 1_700_000_000
export const TIME = Buffer.from('00006553f100', 'hex')

export const request = queryOf('voice.example.com', 'SOA', { id: 0xbeef })
export const response = queryOf('voice.example.com', 'SOA', { id: 0xbeef, flags: 0x8400 })
export const signed = signMessage(request, key, NOW_MS)

export const hmac = (...parts: readonly Uint8Array[]) =>
  new Uint8Array(createHmac('sha256', SECRET).update(Buffer.concat(parts)).digest())
/** The variables as RFC 8945 section 4.3.3 lists them, written out by hand. */
export const variables = (error = 0, otherData = Buffer.alloc(0)) => [
  wireName('update-key.example'),
  u16(255, 0, 0),
  wireName('hmac-sha256'),
  TIME,
  u16(300, error, otherData.length),
  otherData,
]
export const tsigOf = (bytes: Uint8Array): Tsig => {
  const split = splitTsig(bytes)
  if (split.kind !== 'tsig') throw new Error(split.kind)
  return split.tsig
}
export const withTsig = (message: Uint8Array, change: Partial<Tsig>) =>
  appendTsig(message, { ...tsigOf(signed.bytes), ...change })
