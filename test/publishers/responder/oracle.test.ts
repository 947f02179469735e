import packet from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Rdata, RecordSet } from '../../../src/core/records.ts'
import { TYPE, typeCode } from '../../../src/wire/dns/constants.ts'
import { encodeName } from '../../../src/wire/dns/name.ts'
import { formatRdata } from '../../../src/wire/dns/rdata/registry.ts'
import { answerTo } from '../../support/dns-ask.ts'
import { queryOf } from '../../support/dns-query.ts'
import { readReply, readWithDns2 } from '../../support/dns-reply.ts'
import { OTHER, VOICE } from '../../support/dns-zone.ts'

const SETS: readonly RecordSet[] = [...VOICE.sets, ...OTHER.sets]
const APEXES = [VOICE.origin, OTHER.origin]

/** Names that both oracles can print: dns-packet takes labels for UTF-8, and both join them with dots. */
const PRINTABLE = SETS.filter((set) => !set.name.includes('\\'))

/** What dns2 3.0.0 has no type for, it leaves as octets, compressed or not: those lines are compared with dns-packet alone. */
const RAW = /^(\S+ \d+) (?:NAPTR|DS|HINFO|TYPE\d+) .*$/

function withoutRaw(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(RAW, '$1 octets'))
}

/** The bytes behind `dig`-like text, so that presentation differences between decoders do not matter. */
function expectedLines(set: RecordSet): string[] {
  return set.records.map((rdata) => `${set.name.slice(0, -1)} ${set.ttl} ${shown(rdata)}`)
}

function shown(rdata: Rdata): string {
  if (rdata.type === 'TXT') return `TXT ${rdata.strings.map((text) => `"${text}"`).join(' ')}`
  if (rdata.type === 'CAA') return `CAA "${rdata.flags}" "${rdata.tag}" "${rdata.value}"`
  if (rdata.type === 'TYPE43') return 'DS 1 2 3 '
  if (rdata.type.startsWith('TYPE') && 'data' in rdata) return `${rdata.type} ${rdata.data}`
  return `${rdata.type} ${formatRdata(rdata).replace(/\.(?= |$)/g, '')}`
}

describe('two other decoders', () => {
  const cut = (set: RecordSet) => set.name.endsWith('child.voice.example.test.') && set.type !== 'TYPE43'
  const asked = PRINTABLE.filter((set) => !cut(set) && set.alternatives === undefined)

  it.each(asked.map((set) => [set.name, set.type, set] as const))(
    'read the records of %s %s as they were configured',
    (name, type, set) => {
      const reply = readReply(answerTo(queryOf(name, typeCode(type), { edns: true })) ?? Buffer.alloc(0))
      expect(reply).toMatchObject({ rcode: 'NOERROR', flags: 'qr aa' })
      expect(reply.answer.slice(0, set.records.length)).toEqual(expectedLines(set))
    },
  )

  it('agree on every answer of the sample, for every name and many types, in all sections', () => {
    const names = [
      ...new Set([
        ...PRINTABLE.map((set) => set.name),
        ...APEXES.flatMap((apex) => [
          `nope.${apex}`,
          `a.b.wild.${apex}`,
          `x.child.${apex}`,
          `q.star.${apex}`,
          `_udp.${apex}`,
        ]),
      ]),
    ]
    const types = [...Object.values(TYPE), 65280]
    let replies = 0
    for (const name of names) {
      for (const type of types) {
        for (const transport of ['udp', 'tcp'] as const) {
          const bytes = answerTo(queryOf(name, type, { edns: true }), { transport }) ?? Buffer.alloc(0)
          const { answer, authority, additional } = readReply(bytes)
          const second = readWithDns2(bytes)
          expect(withoutRaw(second.answer)).toEqual(withoutRaw(answer))
          expect(withoutRaw(second.authority)).toEqual(withoutRaw(authority))
          expect(withoutRaw(second.additional)).toEqual(withoutRaw(additional))
          replies++
        }
      }
    }
    expect(replies).toBeGreaterThan(3_000)
  })
})

describe('any valid query', () => {
  const label = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'voice',
        'example',
        'test',
        'other',
        '_sip',
        '_udp',
        'sip1',
        'wild',
        'child',
        'star',
        'lostar',
        'block',
        '*',
        'chain',
      ),
    },
    { weight: 1, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_-]{1,63}$/) },
  )
  const mixedCase = (text: string, bits: number) =>
    [...text].map((char, i) => (((bits >> (i % 30)) & 1) === 1 ? char.toUpperCase() : char)).join('')
  const qname = fc
    .tuple(
      fc.array(label, { maxLength: 4 }),
      fc.constantFrom('', 'voice.example.test', 'other.test'),
      fc.nat(2 ** 30 - 1),
    )
    .map(([labels, apex, bits]) => mixedCase([...labels, ...(apex === '' ? [] : [apex])].join('.'), bits))
    .filter((name) => name.length < 250)
  const edns = fc.option(
    fc.record({ size: fc.nat(65535), flags: fc.nat(65535), version: fc.constantFrom(0, 0, 0, 1) }),
    { nil: undefined },
  )

  it('has its id, RD and question echoed octet for octet, fits its size, and can be decoded', () => {
    fc.assert(
      fc.property(qname, fc.nat(65535), fc.nat(65535), fc.boolean(), edns, (name, type, id, rd, opt) => {
        const query = queryOf(name, type, {
          id,
          flags: rd ? 0x0100 : 0,
          ...(opt === undefined ? {} : { edns: opt }),
        })
        const reply = answerTo(query) ?? Buffer.alloc(0)
        const end = 12 + query.indexOf(0, 12) - 12 + 5
        expect(reply.readUInt16BE(0)).toBe(id)
        expect((reply[2] ?? 0) & 0xf9).toBe(rd ? 0x81 : 0x80)
        expect((reply[3] ?? 0) & 0xf0).toBe(0)
        expect(reply.subarray(12, end)).toEqual(query.subarray(12, end))
        expect(reply.length).toBeLessThanOrEqual(
          opt === undefined ? 512 : Math.min(1232, Math.max(512, opt.size)),
        )
        const decoded = packet.decode(reply)
        expect(decoded.questions).toHaveLength(1)
        expect((decoded.additionals ?? []).filter((record) => record.type === 'OPT')).toHaveLength(
          opt === undefined ? 0 : 1,
        )
      }),
      { seed: 53, numRuns: 8_000 },
    )
  })

  it('may have a name of any octets', () => {
    const octets = fc
      .array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 5 })
      .map((labels) =>
        Buffer.concat([
          ...labels.map((one) => Buffer.from([one.length, ...one])),
          Buffer.from(encodeName(VOICE.origin)),
        ]),
      )
    fc.assert(
      fc.property(octets, fc.constantFrom(1, 28, 33, 255), (name, type) => {
        const query = queryOf(name, type)
        const reply = answerTo(query) ?? Buffer.alloc(0)
        expect(reply.subarray(12, query.length)).toEqual(query.subarray(12))
        // NOERROR or NXDOMAIN, with AA unless it is a referral: nothing odd in a label is an error.
        expect([0, 3]).toContain((reply[3] ?? 0) & 15)
      }),
      { seed: 54, numRuns: 2_000 },
    )
  })
})
