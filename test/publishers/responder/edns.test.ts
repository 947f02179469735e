import { describe, expect, it } from 'vitest'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { optionOf, optOf, queryOf, u16, wireName } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'

const NAME = 'voice.example.test'
const PLAIN = { size: 1232, version: 0, flags: 0, options: [] }

describe('EDNS (RFC 6891)', () => {
  it('is answered with exactly one OPT, errors and denials included, and never offered', () => {
    for (const [name, type] of [
      [NAME, 'A'],
      [NAME, 'TXT'],
      [`nope.${NAME}`, 'A'],
      ['example.org', 'A'],
      [NAME, 'AXFR'],
      [`x.child.${NAME}`, 'A'],
    ] as const) {
      expect(ask(name, type, { edns: true }).opt).toMatchObject({ size: 1232, version: 0, flags: 0 })
      expect(ask(name, type).opt).toBeUndefined()
    }
  })

  it('copies DO and clears every other flag', () => {
    expect(ask(NAME, 'A', { edns: { flags: 0xffff } }).opt).toEqual({ ...PLAIN, flags: 0x8000 })
    expect(ask(NAME, 'A', { edns: { flags: 0x4080 } }).opt).toEqual(PLAIN)
  })

  it('knows version 0 only: BADVERS with the question, no answer and our version, for names of others too', () => {
    for (const name of [NAME, 'example.org']) {
      for (const edns of [
        { version: 1 },
        { version: 1, flags: 0x0080 },
        { version: 1, flags: 0x8000 },
        { version: 255, options: optionOf(100) },
      ]) {
        expect(ask(name, 'SOA', { edns })).toMatchObject({
          rcode: 'BADVERS',
          flags: 'qr',
          question: [`${name} IN SOA`],
          answer: [],
          authority: [],
          additional: [],
          opt: { version: 0, options: [] },
        })
      }
    }
  })

  it('ignores the extended RCODE of a query', () => {
    expect(ask(NAME, 'A', { edns: { extendedRcode: 0x80 } })).toMatchObject({ rcode: 'NOERROR', opt: PLAIN })
  })

  it('ignores options that it does not know, and those it does not offer', () => {
    const options = Buffer.concat([
      optionOf(100),
      optionOf(3),
      optionOf(8, Buffer.from('000118000a0000', 'hex')),
      optionOf(9),
      optionOf(10, Buffer.alloc(8, 1)),
      optionOf(11),
      optionOf(12, Buffer.alloc(64)),
      optionOf(65535, Buffer.alloc(9)),
    ])
    expect(ask(NAME, 'A', { edns: { options } })).toMatchObject({
      rcode: 'NOERROR',
      answer: [`${NAME} 30 A 192.0.2.11`],
      opt: PLAIN,
    })
  })

  it.each([
    ['two OPTs', { records: [optOf(), optOf()] }],
    ['an OPT with an owner', { edns: { owner: wireName('a') } }],
    ['an OPT among the answers', { records: [optOf()], counts: [1, 0, 0] as const }],
    ['an option that overruns', { edns: { options: u16(10, 8) } }],
  ])('answers %s with FORMERR and an OPT', (_what, options) => {
    expect(ask(NAME, 'A', options)).toMatchObject({ rcode: 'FORMERR', flags: 'qr', answer: [], opt: PLAIN })
  })

  it('answers NOTIMP and NOTAUTH with an OPT where one could be read', () => {
    const reply = readReply(answerTo(queryOf(NAME, 'SOA', { opcode: 5, edns: true })) ?? Buffer.alloc(0))
    expect(reply).toMatchObject({ rcode: 'NOTIMP', opt: { options: ['15:0015'] } })
  })
})

/** RFC 8906 section 8: what servers are known to leave unanswered. Each over UDP and TCP, for a zone of ours and for another. */
describe('RFC 8906 section 8', () => {
  const cases: readonly [section: string, options: Parameters<typeof ask>[2], rcode?: string][] = [
    ['8.1.1 SOA', {}],
    ['8.1.3.1 CD', { flags: 0x0010 }],
    ['8.1.3.2 AD', { flags: 0x0020 }],
    ['8.1.3.3 Z', { flags: 0x0040 }],
    ['8.1.3.4 RD', { flags: 0x0100 }],
    ['8.2.1 EDNS', { edns: true }],
    ['8.2.2 EDNS version 1', { edns: { version: 1 } }, 'BADVERS'],
    ['8.2.3 EDNS option', { edns: { options: optionOf(100) } }],
    ['8.2.4 EDNS flag', { edns: { flags: 0x0080 } }],
    ['8.2.5 version 1 and flag', { edns: { version: 1, flags: 0x0080 } }, 'BADVERS'],
    ['8.2.6 version 1 and option', { edns: { version: 1, options: optionOf(100) } }, 'BADVERS'],
    ['8.2.7 512 octets', { edns: { size: 512 } }],
    ['8.2.8 DO', { edns: { flags: 0x8000 } }],
    ['8.2.9 version 1 and DO', { edns: { version: 1, flags: 0x8000 } }, 'BADVERS'],
    [
      '8.2.10 several known options',
      {
        edns: {
          options: Buffer.concat([
            optionOf(3),
            optionOf(8, Buffer.from('00010000', 'hex')),
            optionOf(9),
            optionOf(10, Buffer.alloc(8)),
          ]),
        },
      },
    ],
  ]
  for (const transport of ['udp', 'tcp'] as const) {
    it.each(cases)(`%s over ${transport}`, (_section, options = {}, rcode) => {
      const flags = 'flags' in options && options.flags === 0x0100 ? ' rd' : ''
      const ours = ask(NAME, 'SOA', { ...options, transport })
      expect(ours).toMatchObject({
        rcode: rcode ?? 'NOERROR',
        flags: rcode === undefined ? `qr aa${flags}` : 'qr',
      })
      expect(ours.answer).toHaveLength(rcode === undefined ? 1 : 0)
      expect(ours.opt === undefined).toBe(options.edns === undefined)
      const foreign = ask('example.org', 'SOA', { ...options, transport })
      expect(foreign).toMatchObject({ rcode: rcode ?? 'REFUSED', flags: `qr${flags}`, answer: [] })
    })

    it(`8.1.2 unknown types over ${transport}`, () => {
      for (const type of [666, 1000]) {
        expect(ask(NAME, type, { transport })).toMatchObject({ rcode: 'NOERROR', answer: [] })
        expect(ask('example.org', type, { transport })).toMatchObject({ rcode: 'REFUSED' })
      }
    })
  }
})
