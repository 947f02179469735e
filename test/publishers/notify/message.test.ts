import { describe, expect, it } from 'vitest'
import { idOfReply, judgeReply, notifyMessage } from '../../../src/publishers/notify/message.ts'
import { readMessage } from '../../../src/wire/dns/read-message.ts'
import { tsigKey } from '../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../src/wire/dns/tsig/sign.ts'
import { soaOf } from '../../../src/zone/journal.ts'
import { queryOf } from '../../support/dns-query.ts'
import { VOICE } from '../../support/dns-zone.ts'

const NOW = 1_800_000_000_000
const KEY = tsigKey('fleet', 'hmac-sha256', Buffer.alloc(32, 1).toString('base64'))
const NAME = 'voice.example.test'
const soa = soaOf(VOICE)
if (soa === undefined) throw new Error('no SOA')

/** An acknowledgement: QR, opcode NOTIFY, AA. */
const reply = (name = NAME, flags = 0x8400, qclass = 1) =>
  queryOf(name, 'SOA', { id: 7, opcode: 4, flags, qclass })
const judge = (bytes: Uint8Array) => judgeReply(bytes, VOICE.origin, undefined, NOW)

describe('a NOTIFY (RFC 1996)', () => {
  it('has AA, the opcode, the zone and its SOA, and a signature where there is a key', () => {
    for (const key of [undefined, KEY]) {
      const reading = readMessage(notifyMessage(7, soa, key, NOW).bytes)
      if (!reading.ok) throw new Error(reading.fault)
      const { message } = reading
      expect(message).toMatchObject({ id: 7, opcode: 4, response: false, authoritative: true })
      expect(message.questions).toEqual([{ name: VOICE.origin, type: 6, class: 1 }])
      expect(message.answers[0]?.rdata).toEqual(soa.rdata)
      expect(message.additionals).toHaveLength(key === undefined ? 0 : 1)
    }
  })

  it('is answered by what is a response, to a NOTIFY, and a whole header', () => {
    expect(idOfReply(reply())).toBe(7)
    expect(idOfReply(reply(NAME, 0x0400))).toBeUndefined()
    expect(idOfReply(queryOf(NAME, 'SOA', { id: 7, flags: 0x8400 }))).toBeUndefined()
    expect(idOfReply(reply().subarray(0, 11))).toBeUndefined()
  })

  it('is acknowledged for the zone and class that it spoke of, and no other', () => {
    expect(judge(reply())).toBe('acknowledged')
    expect(judge(reply(NAME.toUpperCase()))).toBe('acknowledged')
    expect(judge(reply('other.test'))).toBe('nothing')
    expect(judge(reply(NAME, 0x8400, 3))).toBe('nothing')
    expect(judge(reply().subarray(0, 20))).toBe('nothing')
    expect(judge(reply(NAME, 0x8405))).toEqual({ fault: 'REFUSED' })
  })

  it('that was signed is acknowledged by the key that it was signed with alone (RFC 8945 section 5.4)', () => {
    const { mac } = notifyMessage(7, soa, KEY, NOW)
    if (mac === undefined) throw new Error('not signed')
    const signed = (bytes: Uint8Array) => judgeReply(bytes, VOICE.origin, { key: KEY, mac }, NOW)
    const good = signMessage(reply(), KEY, NOW, { requestMac: mac }).bytes
    expect(signed(good)).toBe('acknowledged')
    const other = { ...KEY, secret: new Uint8Array(32) }
    for (const bytes of [
      reply(),
      signMessage(reply(), other, NOW, { requestMac: mac }).bytes,
      signMessage(reply(), KEY, NOW).bytes,
      signMessage(reply(), KEY, NOW - 301_000, { requestMac: mac }).bytes,
    ])
      expect(signed(bytes)).toEqual({ fault: expect.stringMatching(/^its TSIG: /) })
  })
})
