import { describe, expect, it } from 'vitest'
import type { Rdata } from '../../../src/core/records.ts'
import { OPCODE } from '../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { readMessage } from '../../../src/wire/dns/read-message.ts'
import { encodeUpdate, type Update } from '../../../src/wire/dns/update.ts'
import { MessageSizeError } from '../../../src/wire/dns/write-message.ts'
import { u16, wireName } from '../../support/dns-query.ts'

const zone = canonicalName('example.com.')
const name = canonicalName('_sip._udp.example.com.')
const srv: Rdata = {
  type: 'SRV',
  priority: 10,
  weight: 60,
  port: 5060,
  target: canonicalName('a.example.com.'),
}

const update: Update = {
  zone,
  prerequisites: [
    {
      kind: 'set-is',
      name: zone,
      type: 'A',
      records: [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)],
    },
    { kind: 'set-exists', name: zone, type: 'NAPTR' },
    { kind: 'no-set', name, type: 'SRV' },
    { kind: 'no-name', name: canonicalName('x.example.com.') },
  ],
  steps: [
    { kind: 'delete-set', name: zone, type: 'A' },
    { kind: 'add', name: zone, ttlSeconds: 30, rdata: { type: 'A', address: '192.0.2.9' } },
    { kind: 'add', name, ttlSeconds: 30, rdata: srv },
  ],
}

describe('an update message', () => {
  it('is the octets that RFC 2136 section 2 asks for', () => {
    const apex = u16(0xc00c)
    const expected = Buffer.concat([
      u16(0x1234, OPCODE.UPDATE << 11, 1, 5, 3, 0),
      wireName('example.com'),
      u16(6, 1),
      // Section 2.4.2: class IN, TTL 0, the rdata.
      apex,
      u16(1, 1, 0, 0, 4),
      Buffer.from([192, 0, 2, 1]),
      apex,
      u16(1, 1, 0, 0, 4),
      Buffer.from([192, 0, 2, 2]),
      // Section 2.4.1: class ANY; 2.4.3: class NONE; 2.4.5: class NONE, type ANY.
      apex,
      u16(35, 255, 0, 0, 0),
      Buffer.from([4, ...Buffer.from('_sip'), 4, ...Buffer.from('_udp')]),
      apex,
      u16(33, 254, 0, 0, 0),
      Buffer.from([1, 0x78]),
      apex,
      u16(255, 254, 0, 0, 0),
      // Section 2.5.2: class ANY; 2.5.1: class IN, a TTL, the rdata; SRV's target is not compressed.
      apex,
      u16(1, 255, 0, 0, 0),
      apex,
      u16(1, 1, 0, 30, 4),
      Buffer.from([192, 0, 2, 9]),
      u16(0xc000 | 83),
      u16(33, 1, 0, 30, 21, 10, 60, 5060),
      wireName('a.example.com'),
    ])
    const at = expected.indexOf(Buffer.from('\x04_sip'))
    expected.writeUInt16BE(0xc000 | at, expected.indexOf(u16(33, 1, 0, 30, 21)) - 2)
    expect(Buffer.from(encodeUpdate(0x1234, update, 512)).toString('hex')).toBe(expected.toString('hex'))
  })

  it('reads back as what it was made of', () => {
    const reading = readMessage(encodeUpdate(7, update, 512))
    if (!reading.ok) throw new Error(reading.fault)
    const { message } = reading
    expect(message.opcode).toBe(OPCODE.UPDATE)
    expect(message.answers.map((one) => [one.name, one.type, one.class, one.octets.length])).toEqual([
      [zone, 1, 1, 4],
      [zone, 1, 1, 4],
      [zone, 35, 255, 0],
      [name, 33, 254, 0],
      ['x.example.com.', 255, 254, 0],
    ])
    expect(message.authorities.map((one) => one.rdata)).toEqual([
      undefined,
      { type: 'A', address: '192.0.2.9' },
      srv,
    ])
  })

  it('is not made where it would be longer than it may', () => {
    const { length } = encodeUpdate(7, update, 512)
    expect(encodeUpdate(7, update, length)).toHaveLength(length)
    expect(() => encodeUpdate(7, update, length - 1)).toThrow(MessageSizeError)
  })
})
