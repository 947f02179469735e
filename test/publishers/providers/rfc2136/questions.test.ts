import { describe, expect, it } from 'vitest'
import { zoneOf } from '../../../../src/publishers/providers/rfc2136/questions.ts'
import { currentSets } from '../../../../src/publishers/providers/rfc2136/sets.ts'
import { TYPE } from '../../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import type { Message, MessageRecord } from '../../../../src/wire/dns/read-message.ts'

const APEX = canonicalName('example.test.')

function record(type: number, rdata: MessageRecord['rdata'], octets = Uint8Array.of(1)): MessageRecord {
  return { name: APEX, type, class: 1, ttl: 60, octets, rdata, start: 12 }
}

const soa = record(TYPE.SOA, {
  type: 'SOA',
  mname: APEX,
  rname: APEX,
  serial: 7,
  refresh: 1,
  retry: 1,
  expire: 1,
  minimum: 1,
})
const answer: Message = {
  id: 1,
  response: true,
  opcode: 0,
  authoritative: true,
  truncated: false,
  rcode: 0,
  questions: [],
  answers: [soa],
  authorities: [],
  additionals: [],
}

describe('the SOA that an answer gives', () => {
  it('counts with authority only: a resolver between would give an old one', () => {
    expect(zoneOf(answer, APEX)).toEqual({ apex: APEX, serial: 7 })
    expect(() => zoneOf({ ...answer, authoritative: false }, APEX)).toThrow(
      expect.objectContaining({ fault: 'no-zone' }),
    )
  })
})

describe('a set at a primary', () => {
  it('with data that does not fit its type is known to be there, and not ours to change', () => {
    const fit = record(TYPE.A, { type: 'A', address: '192.0.2.1' }, Uint8Array.of(192, 0, 2, 1))
    const unfit = record(TYPE.A, undefined, Uint8Array.of(1, 2))
    expect(currentSets([fit], APEX)[0]?.opaque).toBeUndefined()
    for (const records of [[unfit], [fit, unfit]])
      expect(currentSets(records, APEX)).toMatchObject([
        { type: 'A', opaque: 'data that does not fit its type' },
      ])
  })
})
