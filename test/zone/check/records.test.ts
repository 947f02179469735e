import { describe, expect, it } from 'vitest'
import { withRecords } from './sample-check.ts'

describe('a fault in the records is told with its line', () => {
  it.each([
    ['text that is no record', 'a A 192.0.2.300', 3, /not an IPv4 address/],
    ['$INCLUDE', '$INCLUDE other', 3, /\$INCLUDE/],
    ['a TTL above 31 bits', 'a 2147483648 A 192.0.2.9', 3, /2147483647/],
    ['a name outside the zone', 'a A 192.0.2.9\nb.example.net. A 192.0.2.9', 4, /outside the zone/],
    ['an SOA', '@ SOA ns1 host 1 1 1 1 1', 3, /SOA is made by sipvane/],
    [
      'NS records that say more than nameservers',
      '@ NS ns1\n@ NS ns2\n@ NS ns3.example.net.',
      5,
      /ns3\.example\.net\. too many/,
    ],
    ['NS records that say less', '@ NS ns1', 3, /ns2\.voice\.example\.com\. missing/],
    ['CNAME beside other data', 'a TXT "x"\na CNAME b.example.net.', 4, /CNAME and TXT/],
    ['CNAME at the apex', '@ CNAME b.example.net.', 3, /CNAME and SOA/],
    ['two CNAMEs', 'a CNAME b.example.net.\na CNAME c.example.net.', 3, /2 CNAME/],
    ['a CNAME where an answer is', '_sip._udp CNAME b.example.net.', 3, /an answer of type SRV/],
    ['a CNAME where NAPTR leads', '_sip._tcp CNAME b.example.net.', 3, /an answer of type SRV/],
    ['a CNAME at a target host', 'sip1 CNAME b.example.net.', 3, /name of a target/],
    ['a CNAME loop', 'a CNAME b\nb CNAME a', 3, /leads back/],
    ['a CNAME to itself', 'a CNAME a', 3, /leads back/],
    ['SRV to a CNAME', 'a CNAME ns1\nx SRV 1 1 5060 a', 4, /is a CNAME/],
    ['MX to a CNAME', 'a CNAME ns1\n@ MX 10 a', 4, /is a CNAME/],
    ['NS to a CNAME', 'a CNAME ns1\nsub NS a', 4, /is a CNAME/],
    ['SRV to a wildcard CNAME', '*.w CNAME ns1\nx SRV 1 1 5060 any.w', 4, /is a CNAME/],
    ['SRV to nothing', 'x SRV 1 1 5060 nowhere', 3, /no address/],
    ['MX to a name without address', 'a TXT "x"\n@ MX 1 a', 4, /no address/],
    [
      'SRV to an empty non-terminal under a wildcard',
      '*.w A 192.0.2.9\na.b.w TXT "x"\nx SRV 1 1 5060 b.w',
      5,
      /no address/,
    ],
    [
      'SRV below a name that hides the wildcard',
      '*.w A 192.0.2.9\nb.w TXT "x"\nx SRV 1 1 5060 any.b.w',
      5,
      /no address/,
    ],
    ['a delegation without its glue', 'sub NS ns.sub', 3, /no address/],
    ['TTLs that differ within a set', 'a 60 A 192.0.2.8\na 61 A 192.0.2.9', 4, /TTL 61, but 60 on line 3/],
    ['a set that an answer drives', '@ A 192.0.2.9', 3, /driven by an answer/],
    ['an address at a target host', 'sip1 A 192.0.2.9', 3, /name of a target/],
    ['the other family at a target host', 'sip1 AAAA 2001:db8::9', 3, /name of a target/],
    ['data below a delegation', 'sub NS ns1\na.sub TXT "x"', 4, /below the delegation/],
    [
      'an address below a delegation that is no glue',
      'sub NS ns1\na.sub A 192.0.2.9',
      4,
      /below the delegation/,
    ],
    ['data at a delegation', 'sub NS ns1\nsub TXT "x"', 4, /at the delegation/],
    ['a delegation below a delegation', 'sub NS ns1\na.sub NS ns1', 4, /below the delegation/],
    ['DS without a delegation', 'sub DS \\# 4 00010801', 3, /no delegation/],
    ['DS at the apex', '@ DS \\# 4 00010801', 3, /no delegation/],
    ['DS below a delegation', 'sub NS ns1\na.sub DS \\# 4 00010801', 4, /below the delegation/],
    ['an unknown type below a delegation', 'sub NS ns1\na.sub TYPE65280 \\# 1 00', 4, /TYPE65280 lies below/],
    ['a record below a DNAME', 'a DNAME b.example.net.\nx.y.a TXT "x"', 4, /TXT lies below the DNAME of a\./],
    ['a delegation below a DNAME', 'a DNAME b.example.net.\nx.a NS ns1', 4, /NS lies below the DNAME/],
    ['two DNAMEs', 'a DNAME b.example.net.\na DNAME c.example.net.', 3, /2 DNAME records/],
    ['DNAME beside CNAME', 'a DNAME b.example.net.\na CNAME c.example.net.', 4, /CNAME and DNAME/],
    ['DNAME at a delegation', 'a NS ns1\na DNAME b.example.net.', 4, /at the delegation/],
    ['DNAME at a wildcard', '*.a DNAME b.example.net.', 3, /wildcard/],
    ['DNAME to itself', 'a DNAME a', 3, /leads elsewhere again/],
    ['DNAME to below itself', 'a DNAME b.a', 3, /leads elsewhere again/],
    ['SRV to a name below a DNAME', 'a DNAME b.example.net.\nx SRV 1 1 5060 y.a', 4, /DNAME leads elsewhere/],
    ['a fixed signature', 'a RRSIG \\# 1 00', 3, /signature/],
    ['a wildcard NS', '*.sub NS ns1', 3, /wildcard/],
    ['SRV "." beside a target', 'x SRV 1 1 5060 ns1\nx SRV 0 0 0 .', 4, /alone/],
    ['MX "." first', '@ MX 0 .\n@ MX 10 ns1', 4, /alone/],
    [
      'NAPTR with regexp and replacement',
      'a NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:i@x!" ns1',
      3,
      /both a regexp/,
    ],
  ])('%s', (_, extra, line, message) => {
    const faults = withRecords(extra)
    expect(faults).toContainEqual(
      expect.objectContaining({ line, column: expect.any(Number), message: expect.stringMatching(message) }),
    )
    expect(faults.every((fault) => fault.line !== undefined)).toBe(true)
  })
})

it('a CNAME loop is told of once for each name in it, not for those that lead into it', () => {
  expect(withRecords('a CNAME b\nb CNAME c\nc CNAME b').map((fault) => fault.line)).toEqual([4, 5])
})
