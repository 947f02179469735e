import { describe, expect, it } from 'vitest'
import type { Zone } from '../../../../src/core/snapshot.ts'
import {
  deltaRecords,
  fullRecords,
  type TransferQuestion,
  transferMessages,
} from '../../../../src/publishers/responder/transfer/messages.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { formatRdata } from '../../../../src/wire/dns/rdata/registry.ts'
import { readMessage } from '../../../../src/wire/dns/read-message.ts'
import { queryOf } from '../../../support/dns-query.ts'
import { zoneOf } from '../../../support/dns-zone.ts'

const question = (edns: boolean): TransferQuestion => {
  const bytes = queryOf('Big.TEST', 'AXFR', { id: 0x1234, flags: 0x0100 })
  return { bytes, questionEnd: bytes.length, name: canonicalName('big.test.'), type: 252, edns }
}

function messagesOf(zone: Zone, edns = false) {
  const octets = [...transferMessages(fullRecords(zone), question(edns), 100)]
  return octets.map((bytes) => {
    const reading = readMessage(bytes)
    if (!reading.ok) throw new Error(reading.fault)
    return { bytes, message: reading.message }
  })
}

/** Records of so many octets each, between short ones. */
const zone = (...lengths: readonly number[]) =>
  zoneOf(
    'big.test.',
    `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${lengths
      .map((length, i) => `short${i} A 192.0.2.2\nt${i} TXT ${`"${'y'.repeat(255)}" `.repeat(length / 256)}`)
      .join('\n')}`,
  )

describe('the messages of a transfer', () => {
  it('hold every record once and in order between two SOAs, long ones too, none beyond what TCP can carry', () => {
    const large = zone(256, 64_000, 15_872, 40_192, 256, 65_024, 512)
    const messages = messagesOf(large)
    expect(messages.length).toBeGreaterThan(4)
    for (const { bytes } of messages) expect(bytes.length).toBeLessThanOrEqual(65_535 - 100)
    const written = messages.flatMap(({ message }) => message.answers)
    const text = (record: { rdata?: unknown }) =>
      formatRdata(record.rdata as Parameters<typeof formatRdata>[0])
    expect(written.map((record) => `${record.name} ${text(record)}`)).toEqual(
      [...fullRecords(large)].map((record) => `${record.name} ${text(record)}`),
    )
    // None is empty, and those that are not for a long record are filled.
    for (const { message } of messages) expect(message.answers.length).toBeGreaterThan(0)
  })

  it('are filled to 16,384 octets and little more where records are short', () => {
    const messages = messagesOf(zone(...new Array<number>(200).fill(256)))
    expect(messages.length).toBeGreaterThan(2)
    for (const { bytes } of messages.slice(0, -1)) {
      expect(bytes.length).toBeGreaterThanOrEqual(16_384)
      expect(bytes.length).toBeLessThan(16_384 + 400)
    }
  })

  it.each([true, false])(
    'repeat question and OPT in the first alone, letter for letter (RFC 5936 section 2.2): EDNS %s',
    (edns) => {
      const [first, ...others] = messagesOf(zone(40_192, 40_192), edns)
      expect(first?.bytes.subarray(12, 22)).toEqual(
        Uint8Array.from(queryOf('Big.TEST', 'AXFR').subarray(12, 22)),
      )
      expect(first?.message.additionals.length).toBe(edns ? 1 : 0)
      expect(others.length).toBeGreaterThan(0)
      for (const { message } of others) expect([message.questions, message.additionals]).toEqual([[], []])
      for (const { message } of [...others, ...(first === undefined ? [] : [first])])
        expect(message).toMatchObject({ id: 0x1234, response: true, authoritative: true, rcode: 0 })
    },
  )

  it('are one, with the SOA alone, where nothing has changed', () => {
    const same = zone(256)
    expect([...deltaRecords(same, [])].map(({ rdata }) => rdata.type)).toEqual(['SOA'])
  })
})
