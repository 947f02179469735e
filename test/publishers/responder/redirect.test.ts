import packet from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask as askAny, type Circumstances } from '../../support/dns-ask.ts'
import { type QueryOptions, queryOf } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

const head = '@ 60 SOA ns1 h 1 1 1 1 5\n@ NS ns1\nns1 A 192.0.2.1\n'

const many = Array.from(
  { length: 700 },
  (_, i) => `wide MX ${i} exchange-${i}\nexchange-${i} A 10.0.${i >> 8}.${i & 255}`,
)

const LONG = ['x', 'y', 'z'].map((letter) => letter.repeat(60)).join('.')

const zones = [
  VOICE,
  OTHER,
  zoneOf(
    'old.test.',
    `${head}moved DNAME voice.example.test.\nlonger-than-what-it-leads-to.moved DNAME voice.example.test.`,
  ),
  // Through three zones.
  zoneOf('first.test.', `${head}a DNAME b.second.test.`),
  zoneOf('second.test.', `${head}b DNAME c.third.test.`),
  zoneOf('third.test.', `${head}c DNAME voice.example.test.`),
  zoneOf('round.test.', `${head}a DNAME b\nb DNAME a\nshort DNAME round.test.\nx A 192.0.2.9`),
  zoneOf('wide.test.', `${head}${many.join('\n')}`),
  zoneOf('narrow.test.', `${head}a DNAME ${LONG}\n${LONG} DNAME wide.test.`),
  zoneOf('grow.test.', `${head}g DNAME g.g`),
]
const view = compileSnapshot(snapshotOf(...zones))
const ask = (name: string, type: Parameters<typeof askAny>[1], options: QueryOptions & Circumstances = {}) =>
  askAny(name, type, { view, ...options })

/** Every name of the sample, and some that it has not. */
const labels = [
  ...new Set(
    VOICE.sets.map(({ name }) => name.slice(0, -VOICE.origin.length - 1)).filter((front) => front !== ''),
  ),
  ...['nope', 'a.b.wild', 'x.child', 'y.z.child', 'sub.sip1', 'wild', '_udp'],
].filter((front) => !front.includes('\\'))
const TYPES = ['A', 'AAAA', 'SRV', 'NAPTR', 'MX', 'TXT', 'NS', 'SOA', 'PTR', 65280] as const

describe('what follows from a DNAME in the same reply', () => {
  it.each([
    ['one zone away', 'moved.old.test', 'voice.example.test', 1],
    ['three zones away', 'a.first.test', 'voice.example.test', 3],
  ])(
    'is, %s, just what is said of the name that it leads to, for every name and type',
    (_, from, to, hops) => {
      let compared = 0
      for (const front of labels) {
        for (const type of TYPES) {
          for (const options of [{ edns: true }, {}] as const) {
            // Alternatives are drawn by the same chance.
            const direct = ask(`${front}.${to}`, type, { ...options, transport: 'tcp' })
            const led = ask(`${front}.${from}`, type, { ...options, transport: 'tcp' })
            expect(led.answer.slice(0, hops * 2).map((line) => line.split(' ')[2])).toEqual(
              Array.from({ length: hops }, () => ['DNAME', 'CNAME']).flat(),
            )
            expect(led.answer.slice(hops * 2)).toEqual(direct.answer)
            expect([led.rcode, led.authority, led.additional]).toEqual([
              direct.rcode,
              direct.authority,
              direct.additional,
            ])
            expect(led.flags).toBe('qr aa')
            compared++
          }
        }
      }
      expect(compared).toBeGreaterThan(500)
    },
  )

  it('is read by another decoder as it is by ours', () => {
    for (const front of ['_sip._udp', 'x.child', 'alias', 'mail', 'nope', 'pointer', '_sips._tcp']) {
      for (const type of ['A', 'SRV', 'PTR'] as const) {
        const bytes =
          answerTo(queryOf(`${front}.a.first.test`, type), { view, transport: 'tcp' }) ?? Buffer.alloc(0)
        const theirs = packet.decode(bytes)
        const ours = readReply(bytes)
        const names = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0])
        expect((theirs.answers ?? []).map(({ name }) => name)).toEqual(names(ours.answer))
        expect((theirs.authorities ?? []).map(({ name }) => name)).toEqual(names(ours.authority))
        expect((theirs.additionals ?? []).map(({ name }) => name)).toEqual(names(ours.additional))
      }
    }
  })

  it('keeps the case of the labels that were asked for', () => {
    expect(ask('NS2.Moved.OLD.test', 'A').answer).toEqual([
      'Moved.OLD.test 30 DNAME voice.example.test',
      'NS2.Moved.OLD.test 30 CNAME NS2.voice.example.test',
      'NS2.voice.example.test 30 A 192.0.2.2',
    ])
  })

  it('tells of a wildcard by the name that was asked for', () => {
    expect(ask('q.wild.moved.old.test', 'A').answer.at(-1)).toBe('q.wild.voice.example.test 30 A 192.0.2.50')
  })

  it('ends at a name that was come by, and after eight', () => {
    expect(ask('x.a.round.test', 'A').answer).toEqual([
      'a.round.test 30 DNAME b.round.test',
      'x.a.round.test 30 CNAME x.b.round.test',
      'b.round.test 30 DNAME a.round.test',
      'x.b.round.test 30 CNAME x.a.round.test',
    ])
    expect(ask('x.short.round.test', 'A').answer).toHaveLength(3)
    expect(ask('x.g.grow.test', 'A', { transport: 'tcp' }).answer).toHaveLength(16)
  })

  it('is TC over UDP where it does not fit', () => {
    const name = 'wide.a.narrow.test'
    const short = answerTo(queryOf(name, 'MX', { edns: { size: 1232 } }), { view }) ?? Buffer.alloc(0)
    expect(readReply(short)).toMatchObject({
      flags: expect.stringContaining('tc'),
      answer: [],
      opt: { version: 0 },
    })
  })

  it('is left to the client where a pointer would have to lead beyond what pointers can, over TCP', () => {
    const direct = ask('wide.wide.test', 'MX', { transport: 'tcp' })
    expect(direct.answer).toHaveLength(700)
    expect(direct.additional.length).toBeGreaterThan(0)
    const led = ask('wide.a.narrow.test', 'MX', { transport: 'tcp', edns: true })
    expect(led).toMatchObject({
      rcode: 'NOERROR',
      flags: 'qr aa',
      authority: [],
      additional: [],
      opt: { version: 0 },
    })
    expect(led.answer.map((line) => line.split(' ')[2])).toEqual(['DNAME', 'CNAME', 'DNAME', 'CNAME'])
    expect(led.answer.at(-1)).toMatch(/ CNAME wide\.wide\.test$/)
  })

  it('never is longer than the client can take', () => {
    for (let size = 512; size <= 1232; size += 40) {
      for (const front of labels) {
        const query = queryOf(`${front}.moved.old.test`, 'SRV', { edns: { size } })
        const reply = answerTo(query, { view }) ?? Buffer.alloc(0)
        expect(reply.length).toBeLessThanOrEqual(size)
        expect(() => packet.decode(reply)).not.toThrow()
      }
    }
  })
})
