import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalName, nameFromWire } from '../../../src/wire/dns/name.ts'
import {
  formatRecordSet,
  MAX_FAULTS,
  MAX_TEXT,
  parseMasterFile,
  type TextRecord,
} from '../../../src/wire/dns/text.ts'

fc.configureGlobal({ seed: 1035 })

const origin = canonicalName('example.com.')

function parse(text: string) {
  return parseMasterFile(text, { origin, defaultTtl: 30 })
}

function lines(records: readonly TextRecord[]): string[] {
  return records.map(({ name, ttl, type, rdata }) => formatRecordSet({ name, ttl, type, records: [rdata] }))
}

/** The records of a text that must have no fault, as canonical lines. */
function read(text: string): string[] {
  const { records, faults } = parse(text)
  expect(faults).toEqual([])
  return lines(records)
}

describe('records', () => {
  it('take an omitted owner from the line before, an omitted TTL from the default', () => {
    expect(read('ns1 IN A 192.0.2.1\n    IN AAAA 2001:db8::1\n\n\tTXT "x"\nns2 A 192.0.2.2')).toEqual([
      'ns1.example.com. 30 IN A 192.0.2.1',
      'ns1.example.com. 30 IN AAAA 2001:db8::1',
      'ns1.example.com. 30 IN TXT "x"',
      'ns2.example.com. 30 IN A 192.0.2.2',
    ])
  })

  it.each([
    'a 60 IN A 192.0.2.1',
    'a IN 60 A 192.0.2.1',
    'a 60 A 192.0.2.1',
    'a 1m class1 a 192.0.2.1',
    'a in 1M A 192.0.2.1',
  ])('take TTL and class in either order: %s', (text) => {
    expect(read(text)).toEqual(['a.example.com. 60 IN A 192.0.2.1'])
  })

  it('may have an owner that looks like a TTL, a class or a type', () => {
    expect(read('10 A 192.0.2.1\nIN IN A 192.0.2.2\nmx MX 10 a')).toEqual([
      '10.example.com. 30 IN A 192.0.2.1',
      'in.example.com. 30 IN A 192.0.2.2',
      'mx.example.com. 30 IN MX 10 a.example.com.',
    ])
  })

  it('span lines within parentheses, comments dropped', () => {
    expect(read('@ SOA ns1 host ( 1 ; serial\n  1h ; refresh )\n 15m 1w\n 5 ) ; end\na A 192.0.2.1')).toEqual(
      [
        'example.com. 30 IN SOA ns1.example.com. host.example.com. 1 3600 900 604800 5',
        'a.example.com. 30 IN A 192.0.2.1',
      ],
    )
  })

  it('may come before and after parentheses without blanks', () => {
    expect(read('a(A\n192.0.2.1)')).toEqual(['a.example.com. 30 IN A 192.0.2.1'])
  })

  it('keep semicolons, parentheses and escaped quotes within quotes', () => {
    expect(read('a TXT "v=1; (x)" "a\\"b" c\\;d "" ; comment')).toEqual([
      'a.example.com. 30 IN TXT "v=1; (x)" "a\\"b" "c;d" ""',
    ])
  })

  it('read the NAPTR and SRV records of SIP', () => {
    expect(
      read(
        '@ NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp\n_sip._udp SRV 10 60 5060 sip1\n@ NAPTR 1 1 u E2U+sip "!^.*$!sip:i@x!" .',
      ),
    ).toEqual([
      'example.com. 30 IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp.example.com.',
      '_sip._udp.example.com. 30 IN SRV 10 60 5060 sip1.example.com.',
      'example.com. 30 IN NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:i@x!" .',
    ])
  })

  it('of unknown types are octets under their number; TYPE1 is A (RFC 3597)', () => {
    expect(
      read('a TYPE65280 \\# 3 ab cdEF\na DS \\# 4 00010801\na TYPE1 \\# 4 c0000201\na TYPE65281 \\# 0'),
    ).toEqual([
      'a.example.com. 30 IN TYPE65280 \\# 3 abcdef',
      'a.example.com. 30 IN TYPE43 \\# 4 00010801',
      'a.example.com. 30 IN A 192.0.2.1',
      'a.example.com. 30 IN TYPE65281 \\# 0',
    ])
  })

  it('read the same with CRLF, a byte order mark, and no line break at the end', () => {
    expect(read('\uFEFFa A 192.0.2.1\r\n  A 192.0.2.2\r\n')).toEqual(read('a A 192.0.2.1\n  A 192.0.2.2'))
  })

  it('carry line and column of their first token', () => {
    const { records } = parse('; one\na A 192.0.2.1\n   A 192.0.2.2')
    expect(records.map(({ line, column }) => [line, column])).toEqual([
      [2, 1],
      [3, 4],
    ])
  })
})

describe('directives', () => {
  it('$ORIGIN moves the origin, relative to the present one, for owners and rdata', () => {
    expect(read('$ORIGIN sub\na MX 1 b\n$ORIGIN other.test.\na NS @')).toEqual([
      'a.sub.example.com. 30 IN MX 1 b.sub.example.com.',
      'a.other.test. 30 IN NS other.test.',
    ])
  })

  it('$TTL sets the default for what follows (RFC 2308 section 4)', () => {
    expect(
      read('a A 192.0.2.1\n$TTL 1h30m\nb A 192.0.2.1\nc 5 A 192.0.2.1\nd A 192.0.2.1').map(
        (line) => line.split(' ')[1],
      ),
    ).toEqual(['30', '5400', '5', '5400'])
  })
})

describe('faults', () => {
  it.each([
    ['a A 192.0.2.300', 1, 5, /A: not an IPv4 address/],
    ['a A', 1, 3, /address is missing/],
    ['a', 1, 1, /no type/],
    ['a IN 60', 1, 6, /no type/],
    ['a FOO x', 1, 3, /unknown record type "FOO"/],
    ['a "A" 192.0.2.1', 1, 3, /unknown record type/],
    ['a ANY A 192.0.2.1', 1, 3, /only IN/],
    ['a AXFR x', 1, 3, /no type of data/],
    ['a OPT x', 1, 3, /no type of data/],
    ['a TYPE65536 \\# 0', 1, 3, /unknown record type/],
    ['a CH TXT x', 1, 3, /only IN/],
    ['a CLASS3 TXT x', 1, 3, /only IN/],
    ['a 2147483648 A 192.0.2.1', 1, 3, /2147483647/],
    ['a 99999999w A 192.0.2.1', 1, 3, /2147483647/],
    ['a IN IN A 192.0.2.1', 1, 6, /unknown record type/],
    ['  A 192.0.2.1', 1, 3, /no owner/],
    ['a..b A 192.0.2.1', 1, 1, /no domain name/],
    ['"a" A 192.0.2.1', 1, 1, /quoted/],
    ['a A 192.0.2.1 x', 1, 15, /too many/],
    ['a SRV 1 2 99999 x', 1, 11, /port/],
    ['\n\na TXT "x', 3, 7, /does not end/],
    ['a TXT "x\ny"', 1, 7, /does not end/],
    ['a A ( 192.0.2.1', 1, 5, /never closed/],
    ['a A ) 192.0.2.1', 1, 5, /without an opening/],
    ['a A ( ( 192.0.2.1 ) )', 1, 7, /within a parenthesis/],
    ['$INCLUDE /etc/passwd', 1, 1, /\$INCLUDE/],
    ['$generate 1-9 a A 192.0.2.$', 1, 1, /\$GENERATE/],
    ['$FOO x', 1, 1, /unknown directive/],
    ['$TTL', 1, 1, /value/],
    ['$TTL x', 1, 6, /TTL/],
    ['$TTL 4294967296', 1, 6, /TTL/],
    ['$ORIGIN a..b', 1, 9, /no domain name/],
    ['$ORIGIN a b', 1, 11, /too many/],
    ['a TXT \\', 1, 7, /escape/],
    ['a DS 1 8 2 ab', 1, 12, /RFC 3597/],
    ['ä A 192.0.2.1', 1, 1, /Punycode/],
  ])('of %j are told at %i:%i', (text, line, column, message) => {
    const { records, faults } = parse(text)
    expect(faults[0]).toMatchObject({ line, column, message: expect.stringMatching(message) })
    expect(records).toEqual([])
  })

  it('do not stop the reading: each is told, and what is right is kept', () => {
    const { records, faults } = parse(
      'a A x\nb A 192.0.2.1\nc FOO\n  A 192.0.2.2\n$INCLUDE y\nd TXT "x\ne A 192.0.2.3',
    )
    expect(faults.map((fault) => fault.line)).toEqual([1, 3, 5, 6])
    expect(lines(records)).toEqual([
      'b.example.com. 30 IN A 192.0.2.1',
      'c.example.com. 30 IN A 192.0.2.2',
      'e.example.com. 30 IN A 192.0.2.3',
    ])
  })

  it('of an owner never hand its records to the owner before', () => {
    expect(parse('a A 192.0.2.1\nb..c A 192.0.2.2\n   A 192.0.2.3').records).toHaveLength(1)
    expect(lines(parse('a A 192.0.2.1\nb TXT "x\n   A 192.0.2.3').records)).toEqual([
      'a.example.com. 30 IN A 192.0.2.1',
      'b.example.com. 30 IN A 192.0.2.3',
    ])
  })

  it('show no raw octets of the text', () => {
    const { faults } = parse(`a \u001b[31m${'x'.repeat(500)}\u202e y`)
    expect(faults[0]?.message).toMatch(/^[\x20-\x7e…]{1,120}$/)
  })

  it('are capped in number, and so is the text', () => {
    expect(parse('a FOO\n'.repeat(5000)).faults.length).toBeLessThanOrEqual(MAX_FAULTS + 1)
    expect(parse(')\n'.repeat(5000)).faults.length).toBeLessThanOrEqual(MAX_FAULTS + 1)
    expect(parse(' '.repeat(MAX_TEXT + 1)).faults).toHaveLength(1)
  })
})

describe('any text', () => {
  const token = fc.oneof(
    fc.constantFrom(
      'a',
      '@',
      'IN',
      '60',
      'A',
      'TXT',
      'SRV',
      'NAPTR',
      '192.0.2.1',
      '(',
      ')',
      '"',
      ';',
      '\n',
      '\n\n',
      '\r\n',
      ' ',
      '\\',
      '\\#',
      '\\010',
      '$TTL',
      '$ORIGIN',
      '1',
      '.',
      '\u0000',
      '\u2028',
    ),
    fc.string({ maxLength: 6 }),
  )

  it('is read without an exception, faults within the text', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.constantFrom('', ' '), (tokens, joint) => {
        const text = tokens.join(joint)
        const { records, faults } = parse(text)
        const rows = text.split('\n')
        for (const { line, column } of [...records, ...faults]) {
          expect(column).toBeGreaterThanOrEqual(1)
          expect(column).toBeLessThanOrEqual((rows[line - 1]?.length ?? -1) + 1)
        }
        const again = parse(lines(records).join('\n'))
        expect(again.faults).toEqual([])
        expect(lines(again.records)).toEqual(lines(records))
      }),
      { numRuns: 3000 },
    )
  })

  it('names of any octets survive being written and read', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(label, label, (one, two) => {
        const name = nameFromWire(Uint8Array.of(one.length, ...one, two.length, ...two, 0))
        expect(read(`${name} 60 IN CNAME ${name}`)).toEqual([`${name} 60 IN CNAME ${name}`])
      }),
    )
  })
})
