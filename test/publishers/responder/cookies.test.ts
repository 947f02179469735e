import { describe, expect, it } from 'vitest'
import type { CookieSettings, RateLimitSettings } from '../../../src/core/dns-settings.ts'
import { type AnswerPolicy, policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { answerTo, ask, type Circumstances } from '../../support/dns-ask.ts'
import { headerOnly, optionOf, optOf, queryOf } from '../../support/dns-query.ts'
import { type Reply, readReply } from '../../support/dns-reply.ts'

const NAME = 'voice.example.test'
const NOW_S = 1_559_731_985
const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const CLIENT = '2464c4abcf10c957'
/** RFC 9018 appendix A.1. */
const WHOLE = `${CLIENT}010000005cf79f111f8130c3eee29480`
const AT: Circumstances = { client: '198.51.100.100', nowMs: NOW_S * 1000 + 700 }

function policy(cookies?: Partial<CookieSettings>, rateLimit?: RateLimitSettings): AnswerPolicy {
  const all = { enabled: true, secrets: [SECRET], required: false, ...cookies }
  return policyOf(
    policySeed({ listen: [], workers: 1, cookies: all, ...(rateLimit === undefined ? {} : { rateLimit }) }),
  )
}

function askWith(cookieHex: string, circumstances: Circumstances = {}, name = NAME): Reply {
  const options = optionOf(10, Buffer.from(cookieHex, 'hex'))
  return ask(name, 'A', { policy: policy(), ...AT, ...circumstances, edns: { options } })
}

const cookieOf = (reply: Reply) =>
  reply.opt?.options.find((option) => option.startsWith('10:'))?.slice('10:'.length)

describe('DNS cookies (RFC 7873, RFC 9018)', () => {
  it('are given to who brings one of his own, as RFC 9018 appendix A.1 shows', () => {
    const reply = askWith(CLIENT)
    expect(reply).toMatchObject({ rcode: 'NOERROR', answer: [`${NAME} 30 A 192.0.2.11`] })
    expect(cookieOf(reply)).toBe(WHOLE)
  })

  it('are not given to who brings none', () => {
    expect(ask(NAME, 'A', { policy: policy(), ...AT, edns: true }).opt?.options).toEqual([])
    expect(ask(NAME, 'A', { policy: policy(), ...AT }).opt).toBeUndefined()
  })

  it('come back as they are while they are young, and anew after half an hour', () => {
    expect(cookieOf(askWith(WHOLE))).toBe(WHOLE)
    expect(cookieOf(askWith(WHOLE, { nowMs: (NOW_S + 1800) * 1000 }))).toBe(WHOLE)
    // Appendix A.2.
    const renewed = askWith(WHOLE, { nowMs: 1_559_734_385_000 })
    expect(cookieOf(renewed)).toBe(`${CLIENT}010000005cf7a871d4a564a1442aca77`)
  })

  it('are answered anew, and the query too, when they are wrong: of another client, of no time, of no form', () => {
    for (const [cookie, more] of [
      [WHOLE, { client: '198.51.100.101' }],
      [WHOLE, { nowMs: (NOW_S + 3601) * 1000 }],
      [`${WHOLE.slice(0, -2)}00`, {}],
      [`${CLIENT}${'ab'.repeat(8)}`, {}],
      [`${CLIENT}${'ab'.repeat(32)}`, {}],
    ] as const) {
      const reply = askWith(cookie, more)
      expect(reply).toMatchObject({ rcode: 'NOERROR', answer: [`${NAME} 30 A 192.0.2.11`] })
      expect(cookieOf(reply)).toMatch(new RegExp(`^${CLIENT}01000000.{24}$`))
      expect(cookieOf(reply)).not.toBe(cookie)
    }
  })

  it.each([0, 7, 9, 15, 41, 64])('of %i octets are a format error, without a cookie', (octets) => {
    const reply = askWith('11'.repeat(octets))
    expect(reply).toMatchObject({ rcode: 'FORMERR', flags: 'qr', answer: [], opt: { options: [] } })
  })

  it('count by the first, where there are several', () => {
    const options = Buffer.concat([
      optionOf(10, Buffer.from(CLIENT, 'hex')),
      optionOf(10, Buffer.from('00', 'hex')),
    ])
    const reply = ask(NAME, 'A', { policy: policy(), ...AT, edns: { options } })
    expect([reply.rcode, cookieOf(reply)]).toEqual(['NOERROR', WHOLE])
  })

  it('come with errors, denials, referrals, truncation and refusals', () => {
    for (const name of [`nope.${NAME}`, 'example.org', `x.child.${NAME}`, `_udp.${NAME}`]) {
      expect(cookieOf(askWith(CLIENT, {}, name))).toBe(WHOLE)
    }
    const update = queryOf(NAME, 'SOA', {
      opcode: 5,
      edns: { options: optionOf(10, Buffer.from(CLIENT, 'hex')) },
    })
    expect(cookieOf(readReply(answerTo(update, { policy: policy(), ...AT }) ?? Buffer.alloc(0)))).toBe(WHOLE)
  })

  it('are no matter of another EDNS version', () => {
    const options = optionOf(10, Buffer.from('00', 'hex'))
    expect(ask(NAME, 'A', { policy: policy(), ...AT, edns: { options, version: 1 } })).toMatchObject({
      rcode: 'BADVERS',
      opt: { options: [] },
    })
  })

  it('are ignored where they are switched off, malformed ones too', () => {
    for (const cookie of [CLIENT, '00']) {
      const reply = askWith(cookie, { policy: policy({ enabled: false }) })
      expect(reply).toMatchObject({ rcode: 'NOERROR', opt: { options: [] } })
    }
  })

  describe('roll over (RFC 9018 section 5)', () => {
    const OTHER = 'dd3bdf9344b678b185a6f5cb60fca715'
    it('a cookie of the secret on its way out is good, and replaced by one of the new', () => {
      const rolled = policy({ secrets: [OTHER, SECRET], required: true })
      const reply = askWith(WHOLE, { policy: rolled })
      expect(reply.rcode).toBe('NOERROR')
      expect(cookieOf(reply)).not.toBe(WHOLE)
      // And the new one is good where the old secret is gone.
      const after = askWith(cookieOf(reply) ?? '', { policy: policy({ secrets: [OTHER], required: true }) })
      expect(after.rcode).toBe('NOERROR')
      expect(cookieOf(after)).toBe(cookieOf(reply))
    })

    it('a cookie of a secret that is gone is not', () => {
      expect(askWith(WHOLE, { policy: policy({ secrets: [OTHER], required: true }) }).rcode).toBe('BADCOOKIE')
    })

    it('a secret of chance changes by the day, without harm to a cookie of the evening', () => {
      const own = policy({ secrets: [], required: true })
      const evening = { policy: own, nowMs: (18_000 * 86_400 - 60) * 1000 }
      const morning = { policy: own, nowMs: (18_000 * 86_400 + 60) * 1000 }
      const cookie = cookieOf(askWith(CLIENT, { ...evening, transport: 'tcp' })) ?? ''
      expect(askWith(cookie, evening).rcode).toBe('NOERROR')
      const next = askWith(cookie, morning)
      expect(next.rcode).toBe('NOERROR')
      expect(cookieOf(next)).not.toBe(cookie)
      expect(cookieOf(askWith(cookieOf(next) ?? '', morning))).toBe(cookieOf(next))
    })

    it('two processes have two secrets', () => {
      expect(cookieOf(askWith(CLIENT, { policy: policy({ secrets: [] }) }))).not.toBe(
        cookieOf(askWith(CLIENT, { policy: policy({ secrets: [] }) })),
      )
    })
  })

  describe('where they are required', () => {
    const required = policy({ required: true })
    it('BADCOOKIE answers a client cookie alone, with all that the next query needs', () => {
      const reply = askWith(CLIENT, { policy: required })
      expect(reply).toMatchObject({
        rcode: 'BADCOOKIE',
        flags: 'qr',
        question: [`${NAME} IN A`],
        answer: [],
        authority: [],
        additional: [],
      })
      expect(askWith(cookieOf(reply) ?? '', { policy: required }).rcode).toBe('NOERROR')
    })

    it.each([
      ['of another client', WHOLE, { client: '198.51.100.101' }],
      ['of an address of the other family', WHOLE, { client: 'c633:6464::' }],
      ['of more than an hour ago', WHOLE, { nowMs: (NOW_S + 3601) * 1000 }],
      ['of more than five minutes ahead', WHOLE, { nowMs: (NOW_S - 301) * 1000 }],
      ['with an octet changed', `${WHOLE.slice(0, -2)}81`, {}],
      ['with another half', `${WHOLE.slice(0, -8)}00000000`, {}],
      ['of another client cookie', `25${WHOLE.slice(2)}`, {}],
      ['with octets behind it', `${WHOLE}00`, {}],
      ['without its last', WHOLE.slice(0, -2), {}],
    ])('a cookie %s proves nothing', (_, cookie, more) => {
      expect(askWith(cookie, { policy: required, ...more }).rcode).toBe('BADCOOKIE')
    })

    it('one of just an hour ago is good, and one of five minutes ahead', () => {
      for (const offsetS of [3600, -300])
        expect(askWith(WHOLE, { policy: required, nowMs: (NOW_S + offsetS) * 1000 }).rcode).toBe('NOERROR')
    })

    it('who knows no cookies is served, and so is who comes by TCP', () => {
      expect(ask(NAME, 'A', { policy: required, ...AT, edns: true }).rcode).toBe('NOERROR')
      expect(askWith(CLIENT, { policy: required, transport: 'tcp' }).rcode).toBe('NOERROR')
    })
  })

  describe('asked for without a question (RFC 7873 section 5.4)', () => {
    const prefetch = (cookieHex: string | undefined, more: Circumstances = {}) => {
      const options = cookieHex === undefined ? Buffer.alloc(0) : optionOf(10, Buffer.from(cookieHex, 'hex'))
      const query = headerOnly(0, [0, 0, 0, 1], optOf({ options }))
      return readReply(answerTo(query, { policy: policy(), ...AT, ...more }) ?? Buffer.alloc(0))
    }
    it('NOERROR answers a client cookie alone and a good one, BADCOOKIE one that does not hold', () => {
      const empty = { flags: 'qr', question: [], answer: [], authority: [], additional: [] }
      expect(prefetch(CLIENT)).toMatchObject({ ...empty, rcode: 'NOERROR' })
      expect(cookieOf(prefetch(CLIENT))).toBe(WHOLE)
      expect(prefetch(WHOLE)).toMatchObject({ ...empty, rcode: 'NOERROR' })
      const wrong = prefetch(WHOLE, { client: '198.51.100.101' })
      expect(wrong).toMatchObject({ ...empty, rcode: 'BADCOOKIE' })
      expect(cookieOf(wrong)).toHaveLength(48)
    })

    it('is a format error without a cookie, or where there are none', () => {
      expect(prefetch(undefined)).toMatchObject({ rcode: 'FORMERR', question: [] })
      expect(prefetch('00')).toMatchObject({ rcode: 'FORMERR', opt: { options: [] } })
      expect(prefetch(CLIENT, { policy: policy({ enabled: false }) })).toMatchObject({ rcode: 'FORMERR' })
    })
  })
})
