import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../../src/core/brand.ts'
import type { Rdata } from '../../../../src/core/records.ts'
import { readRecord, writeRdata } from '../../../../src/publishers/providers/cloudflare/record.ts'
import { acceptRecord, showRecord } from '../../../support/cloudflare-record.ts'

const SEED = 20_261_121
const word = fc.integer({ min: 0, max: 65_535 })
const label = fc.stringMatching(/^[a-z0-9_](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
const name = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .map((labels) => `${labels.join('.')}.` as DomainName)
const target = fc.oneof(name, fc.constant('.' as DomainName))
const octets = (max: number) =>
  fc
    .uint8Array({ maxLength: max })
    .map((bytes) => Array.from(bytes, (octet) => String.fromCharCode(octet)).join(''))
const ascii = fc.stringMatching(/^[!-~]{0,20}$/)
const rdata: fc.Arbitrary<Rdata> = fc.oneof(
  fc.ipV4().map((address): Rdata => ({ type: 'A', address })),
  word.map(
    (part): Rdata => ({
      type: 'AAAA',
      address: part === 0 ? '2001:db8::' : `2001:db8::${part.toString(16)}`,
    }),
  ),
  name.map((one): Rdata => ({ type: 'CNAME', target: one })),
  fc.record({ type: fc.constant('MX' as const), preference: word, exchange: target }),
  fc.record({
    type: fc.constant('TXT' as const),
    strings: fc.array(octets(255), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('SRV' as const), priority: word, weight: word, port: word, target }),
  fc.record({
    type: fc.constant('NAPTR' as const),
    order: word,
    preference: word,
    flags: fc.constantFrom('', 'S', 'A', 'U'),
    services: ascii,
    regexp: ascii,
    replacement: target,
  }),
  fc.record({
    type: fc.constant('CAA' as const),
    flags: fc.integer({ min: 0, max: 255 }),
    tag: fc.constantFrom('issue', 'iodef'),
    value: ascii,
  }),
)

const sent = (data: Rdata, extra: object = {}) =>
  acceptRecord(
    '0'.repeat(32),
    { name: 'x', type: data.type, ttl: 60, ...writeRdata(data), ...extra },
    'example.com',
    'free',
  )

describe('a record on its way to Cloudflare and back', () => {
  it('says the same', () => {
    fc.assert(
      fc.property(rdata, (data) => {
        const back = readRecord(JSON.parse(JSON.stringify(showRecord(sent(data)))))
        expect(back).toMatchObject({ name: 'x.example.com.', type: data.type, ttl: 60, rdata: data })
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  it('whatever comes back is a record, an unreadable one, or none; never an exception', () => {
    const types = fc.constantFrom('A', 'AAAA', 'SRV', 'NAPTR', 'TXT', 'MX', 'CAA', 'CNAME', 'HTTPS', 'XX', '')
    const shape = fc.record(
      {
        id: fc.oneof(fc.stringMatching(/^[0-9a-f]{32}$/), fc.anything()),
        name: fc.oneof(fc.constant('a.example.com'), fc.anything()),
        type: fc.oneof(types, fc.anything()),
        ttl: fc.oneof(fc.constant(60), fc.anything()),
        content: fc.oneof(fc.string(), fc.anything()),
        data: fc.oneof(
          fc.dictionary(fc.constantFrom('port', 'order', 'target', 'flags', 'value'), fc.anything()),
          fc.anything(),
        ),
        comment: fc.anything(),
        tags: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(shape, fc.anything()), (json) => {
        const record = readRecord(json)
        if (record?.rdata !== undefined) expect(record.rdata.type).toBe(record.type)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })

  it.each([
    ['text without quotes', 'v=spf1 -all', ['v=spf1 -all']],
    ['several strings', '"a" "b c"', ['a', 'b c']],
    ['escapes', '"a\\"b\\\\c\\010"', ['a"b\\c\n']],
    ['quotes that never end', '"open', ['"open']],
    ['a second line', '"a"\nb IN TXT "c"', ['"a"\nb IN TXT "c"']],
    ['long text, cut as Cloudflare cuts it', 'x'.repeat(300), ['x'.repeat(255), 'x'.repeat(45)]],
  ])('TXT: %s', (_, content, strings) => {
    const seen = readRecord({ id: 'a1', name: 'x.example.com', type: 'TXT', ttl: 1, content })
    expect(seen?.rdata).toEqual({ type: 'TXT', strings })
  })

  it.each([
    ['no data', {}],
    ['a port out of range', { data: { priority: 1, weight: 1, port: 65_536, target: 'a' } }],
    ['a port in words', { data: { priority: 1, weight: 1, port: '5060', target: 'a' } }],
    ['a target that is no name', { data: { priority: 1, weight: 1, port: 1, target: 'a..b' } }],
  ])('SRV with %s is there but unreadable', (_, fields) => {
    const seen = readRecord({ id: 'a1', name: 'x.example.com', type: 'SRV', ttl: 60, ...fields })
    expect(seen).toMatchObject({ id: 'a1', rdata: undefined })
  })
})
