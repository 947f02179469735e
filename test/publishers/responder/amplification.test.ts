import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo } from '../../support/dns-ask.ts'
import { optionOf, queryOf } from '../../support/dns-query.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

/** The table in docs/dns.md, "What a forged query gains": octets of a reply by octets of its query. */
const DOCUMENTED = { refused: 1.5, any: 3, denial: 3, referral: 5, longest: 1232, longestWithoutEdns: 512 }

/** Sets that no datagram can carry, among others that just fit. */
const BIG = zoneOf(
  'big.test.',
  [
    '@ 60 SOA ns1 h 1 7200 900 1209600 15',
    '@ NS ns1',
    'ns1 A 192.0.2.1',
    ...Array.from({ length: 60 }, (_, i) =>
      [
        `s SRV 10 10 ${5000 + i} t${i}`,
        `t${i} A 192.0.2.${i}`,
        `t${i} AAAA 2001:db8::${i}`,
        `t TXT "${'x'.repeat(200)}${i}"`,
      ].join('\n'),
    ),
    ...Array.from({ length: 60 }, (_, i) => `a${i} TXT ${`"${'y'.repeat(20)}" `.repeat(i + 1)}`),
  ].join('\n'),
)
const view = compileSnapshot(snapshotOf(VOICE, OTHER, BIG))

const FORMS = [
  {},
  { edns: true as const },
  { edns: { size: 65_535 } },
  {
    edns: {
      size: 65_535,
      options: Buffer.concat([optionOf(10, Buffer.alloc(8, 1)), optionOf(3, Buffer.alloc(0))]),
    },
  },
]

interface Seen {
  readonly kind: 'refused' | 'any' | 'denial' | 'referral' | 'data'
  readonly query: number
  readonly reply: number
}

function* replies(
  names: readonly string[],
  types: Iterable<number>,
): Generator<Seen & { readonly edns: boolean }> {
  const asked = [...types]
  for (const name of names) {
    for (const form of FORMS) {
      for (const type of asked) {
        const query = queryOf(name, type, form)
        const reply = answerTo(query, { view })
        if (reply === undefined) throw new Error('a query without a reply')
        const rcode = (reply[3] ?? 0) & 15
        const authoritative = ((reply[2] ?? 0) & 4) !== 0
        const answers = reply.readUInt16BE(6)
        const kind =
          rcode !== 0 && rcode !== 3
            ? 'refused'
            : !authoritative
              ? 'referral'
              : answers === 0
                ? 'denial'
                : type === 255
                  ? 'any'
                  : 'data'
        yield { kind, query: query.length, reply: reply.length, edns: form.edns !== undefined }
      }
    }
  }
}

const ALL_TYPES = Array.from({ length: 65_536 }, (_, type) => type)
const KNOWN_TYPES = [...Array.from({ length: 270 }, (_, type) => type), 32_768, 65_280, 65_535]

describe('what a forged query gains', () => {
  it('is never more than is documented, whatever the type: 65,536 of them', () => {
    const most = { refused: 0, any: 0, denial: 0, referral: 0, data: 0 }
    const names = [
      'voice.example.test',
      '_sip._udp.voice.example.test',
      'nope.voice.example.test',
      'x.child.voice.example.test',
      'a.b.wild.voice.example.test',
      'chain.voice.example.test',
      'example.org',
      '.',
      'big.test',
      's.big.test',
      't.big.test',
      ...Array.from({ length: 60 }, (_, i) => `a${i}.big.test`),
    ]
    const all = function* () {
      yield* replies(names, KNOWN_TYPES)
      yield* replies(['big.test'], ALL_TYPES)
    }
    let longest = 0
    let longestPlain = 0
    for (const { kind, query, reply, edns } of all()) {
      most[kind] = Math.max(most[kind], reply / query)
      longest = Math.max(longest, reply)
      if (!edns) longestPlain = Math.max(longestPlain, reply)
    }
    for (const kind of ['refused', 'any', 'denial', 'referral'] as const) {
      expect(most[kind]).toBeLessThanOrEqual(DOCUMENTED[kind])
      // Each was met, or its bound would say nothing.
      expect(most[kind]).toBeGreaterThan(0)
    }
    expect(longest).toBeLessThanOrEqual(DOCUMENTED.longest)
    expect(longestPlain).toBeLessThanOrEqual(DOCUMENTED.longestWithoutEdns)
    // The zone has replies that come near both bounds.
    expect(longest).toBeGreaterThan(1_150)
    expect(longestPlain).toBeGreaterThan(450)
  }, 120_000)

  it('is no more than a refusal gives where the reply is cut', () => {
    const cut = ['s.big.test', 't.big.test'].flatMap((name) =>
      FORMS.map((form) => {
        const query = queryOf(name, name.startsWith('s') ? 'SRV' : 'TXT', form)
        const reply = answerTo(query, { view }) ?? Buffer.alloc(0)
        expect((reply[2] ?? 0) & 2).toBe(2)
        return reply.length / query.length
      }),
    )
    expect(Math.max(...cut)).toBeLessThanOrEqual(DOCUMENTED.refused)
  })
})
