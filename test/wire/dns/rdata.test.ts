import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../src/core/brand.ts'
import type { Rdata, RecordType } from '../../../src/core/records.ts'
import { isMetaType, recordType } from '../../../src/wire/dns/constants.ts'
import { canonicalName, encodeName, nameFromWire } from '../../../src/wire/dns/name.ts'
import { canonicalAddress } from '../../../src/wire/dns/rdata/address.ts'
import type { Field } from '../../../src/wire/dns/rdata/field.ts'
import { RdataError, type RdataPart } from '../../../src/wire/dns/rdata/part.ts'
import { decodeRdata, encodeRdata, formatRdata, parseRdata } from '../../../src/wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../../src/wire/dns/text.ts'

fc.configureGlobal({ seed: 3597 })

const origin = canonicalName('example.com.')

function words(text: string): Field[] {
  return text.split(' ').map((word) => ({ text: word, quoted: false }))
}

function flat(parts: readonly RdataPart[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...('bytes' in part ? part.bytes : encodeName(part.name))]))
}

function hex(rdata: Rdata): string {
  return Buffer.from(flat(encodeRdata(rdata))).toString('hex')
}

const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffffffff)
const seconds = fc.nat(0x7fffffff)
const octets = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const name: fc.Arbitrary<DomainName> = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 4 })
  .map((labels) => nameFromWire(Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0])))

const anyRdata: fc.Arbitrary<Rdata> = fc.oneof(
  fc.ipV4().map((address): Rdata => ({ type: 'A', address })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes): Rdata => decodeRdata('AAAA', bytes)),
  fc.record({ type: fc.constantFrom('NS' as const, 'CNAME' as const, 'PTR' as const), target: name }),
  fc.record({ type: fc.constant('MX' as const), preference: u16, exchange: name }),
  fc.record({
    type: fc.constant('TXT' as const),
    strings: fc.array(octets(255), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({
    type: fc.constant('NAPTR' as const),
    order: u16,
    preference: u16,
    flags: octets(4),
    services: octets(30),
    regexp: octets(60),
    replacement: name,
  }),
  fc.record({
    type: fc.constant('SOA' as const),
    mname: name,
    rname: name,
    serial: u32,
    refresh: seconds,
    retry: seconds,
    expire: seconds,
    minimum: seconds,
  }),
  fc.record({
    type: fc.constant('CAA' as const),
    flags: fc.nat(255),
    tag: fc.stringMatching(/^[a-z0-9]{1,15}$/),
    value: octets(400),
  }),
  fc
    .tuple(
      fc.nat(0xffff).filter((code) => !isMetaType(code) && recordType(code).startsWith('TYPE')),
      fc.uint8Array({ maxLength: 80 }),
    )
    .map(([code, bytes]): Rdata => ({ type: `TYPE${code}`, data: Buffer.from(bytes).toString('hex') })),
)

describe('rdata of every type', () => {
  it('comes back from the wire as it went', () => {
    fc.assert(
      fc.property(anyRdata, (rdata) => {
        expect(decodeRdata(rdata.type, flat(encodeRdata(rdata)))).toEqual(rdata)
      }),
    )
  })

  it('comes back from master-file text as it went', () => {
    fc.assert(
      fc.property(anyRdata, (rdata) => {
        const text = `@ ${rdata.type} ${formatRdata(rdata)}\n`
        const { records, faults } = parseMasterFile(text, { origin, defaultTtl: 30 })
        expect(faults).toEqual([])
        expect(records.map((record) => record.rdata)).toEqual([rdata])
      }),
    )
  })

  it('can be written as octets (RFC 3597 section 5), known types too', () => {
    fc.assert(
      fc.property(anyRdata, (rdata) => {
        const bytes = flat(encodeRdata(rdata))
        const text = `\\# ${bytes.length}${bytes.length === 0 ? '' : ` ${Buffer.from(bytes).toString('hex')}`}`
        expect(parseRdata(rdata.type, words(text), origin)).toEqual(rdata)
      }),
    )
  })

  it('is refused with RdataError and nothing else, whatever the octets', () => {
    const types: RecordType[] = ['A', 'AAAA', 'NS', 'MX', 'TXT', 'SRV', 'NAPTR', 'SOA', 'CAA', 'TYPE65280']
    let read = 0
    let refused = 0
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
        try {
          const again = flat(encodeRdata(decodeRdata(type, bytes)))
          expect(again).toHaveLength(bytes.length)
          read++
        } catch (error) {
          expect(error).toBeInstanceOf(RdataError)
          refused++
        }
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(read, refused)).toBeGreaterThan(50)
  })
})

describe('compression', () => {
  const target = canonicalName('a.example.com.')
  const soaNumbers = { serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 }

  it.each<[Rdata, boolean]>([
    [{ type: 'NS', target }, true],
    [{ type: 'CNAME', target }, true],
    [{ type: 'PTR', target }, true],
    [{ type: 'MX', preference: 1, exchange: target }, true],
    [{ type: 'SOA', mname: target, rname: target, ...soaNumbers }, true],
    [{ type: 'SRV', priority: 1, weight: 1, port: 1, target }, false],
    [
      { type: 'NAPTR', order: 1, preference: 1, flags: '', services: '', regexp: '', replacement: target },
      false,
    ],
  ])('of the names in $type is allowed: %s', (rdata, allowed) => {
    const names = encodeRdata(rdata).filter((part) => 'name' in part)
    expect(names.length).toBeGreaterThan(0)
    expect(names.every((part) => part.compress === allowed)).toBe(true)
  })
})

describe('octets on the wire', () => {
  it.each<[Rdata, string]>([
    [{ type: 'A', address: '192.0.2.1' }, 'c0000201'],
    [{ type: 'AAAA', address: '2001:db8::1' }, '20010db8000000000000000000000001'],
    [{ type: 'SRV', priority: 1, weight: 2, port: 5060, target: canonicalName('s.') }, '0001000213c4017300'],
    [{ type: 'MX', preference: 10, exchange: canonicalName('.') }, '000a00'],
    [{ type: 'TXT', strings: ['hi', ''] }, '02686900'],
    [{ type: 'CAA', flags: 128, tag: 'issue', value: 'x' }, '80056973737565' + '78'],
    [
      {
        type: 'NAPTR',
        order: 10,
        preference: 50,
        flags: 's',
        services: 'SIP+D2U',
        regexp: '',
        replacement: canonicalName('a.'),
      },
      '000a003201730753' + '49502b44325500016100',
    ],
    [{ type: 'TYPE65280', data: 'abcd' }, 'abcd'],
  ])('of %j', (rdata, expected) => {
    expect(hex(rdata)).toBe(expected)
  })

  it.each<Rdata>([
    { type: 'SRV', priority: 1, weight: 1, port: 70_000, target: canonicalName('a.') },
    { type: 'SRV', priority: -1, weight: 1, port: 1, target: canonicalName('a.') },
    { type: 'MX', preference: 1.5, exchange: canonicalName('a.') },
    { type: 'A', address: '192.0.2' },
    { type: 'AAAA', address: 'fe80::1%eth0' },
    { type: 'TXT', strings: ['x'.repeat(256)] },
    { type: 'TXT', strings: [] },
    { type: 'TXT', strings: ['\u0100'] },
    { type: 'TYPE1', data: '00' },
    { type: 'TYPE41', data: '' },
    { type: 'TYPE65280', data: 'abc' },
  ])('are never made of a value out of range: %j', (rdata) => {
    expect(() => encodeRdata(rdata)).toThrow(RangeError)
  })
})

describe('parseRdata', () => {
  it.each([
    ['A', '192.0.2.01', 0],
    ['A', '192.0.2.1 192.0.2.2', 1],
    ['AAAA', 'fe80::1%eth0', 0],
    ['AAAA', '192.0.2.1', 0],
    ['SRV', '1 2 65536 a', 2],
    ['SRV', '1 2 5060', undefined],
    ['SRV', '1 -2 5060 a', 1],
    ['MX', '10 a..b', 1],
    ['CAA', '0 is-sue x', 1],
    ['TXT', 'x\\256', 0],
    ['TXT', 'x\\12', 0],
    ['TXT', 'y'.repeat(256), 0],
    ['SOA', 'a b 4294967296 1 1 1 1', 2],
    ['TYPE43', '1 8 2 abcd', undefined],
    ['TYPE43', '\\# 2 abc', undefined],
    ['TYPE43', '\\# 2 ab xy', 3],
    ['A', '\\# 5 c000020100', undefined],
    ['A', '\\# 3 c00002', undefined],
    ['NS', '\\# 2 c00c', undefined],
  ] as const)('refuses %s %s at field %s', (type, text, field) => {
    let seen: unknown
    try {
      parseRdata(type, words(text), origin)
    } catch (error) {
      seen = error
    }
    expect(seen).toBeInstanceOf(RdataError)
    expect((seen as RdataError).field).toBe(field)
  })

  it('takes relative names from the origin, and @ for the origin itself', () => {
    expect(parseRdata('SRV', words('1 2 5060 sip1'), origin)).toMatchObject({ target: 'sip1.example.com.' })
    expect(parseRdata('MX', words('1 @'), origin)).toMatchObject({ exchange: 'example.com.' })
  })

  it('keeps octets in text, and takes what is beyond ASCII as UTF-8', () => {
    expect(parseRdata('TXT', words('a\\255\\;é'), origin)).toEqual({
      type: 'TXT',
      strings: ['a\u00ff;\u00c3\u00a9'],
    })
  })
})

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', 'A', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', 'AAAA', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', 'AAAA', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', 'AAAA', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', 'AAAA', '2001:db8::1:0:0:1'],
  ])('writes %s as RFC 5952 does', (text, type, address) => {
    expect(canonicalAddress(text)).toEqual({ type, address })
  })

  it.each(['', '192.0.2.256', '192.0.2.01', '1.2.3', 'fe80::1%1', '[::1]', 'x'])(
    'does not know %j',
    (text) => {
      expect(canonicalAddress(text)).toBeUndefined()
    },
  )
})
