import { describe, expect, it } from 'vitest'
import type { RateLimitSettings } from '../../../src/core/dns-settings.ts'
import { policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import type { TYPE } from '../../../src/wire/dns/constants.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, type Circumstances } from '../../support/dns-ask.ts'
import { optionOf, type QueryOptions, queryOf } from '../../support/dns-query.ts'
import { type Reply, readReply } from '../../support/dns-reply.ts'
import { snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

const NAME = 'voice.example.test'
const LIMIT: RateLimitSettings = {
  answersPerS: 4,
  referralsPerS: 4,
  denialsPerS: 4,
  errorsPerS: 4,
  allPerS: 0,
  windowS: 15,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  exempt: [],
  tableSize: 1024,
}

/** A client that has his four replies a second and asks on. */
function asker(settings: Partial<RateLimitSettings> = {}) {
  const policy = policyOf(policySeed({ listen: [], workers: 1, rateLimit: { ...LIMIT, ...settings } }))
  return (name: string, type: keyof typeof TYPE = 'A', options: QueryOptions & Circumstances = {}) => {
    const bytes = answerTo(queryOf(name, type, options), { policy, nowMs: 1_000, ...options })
    return bytes === undefined ? undefined : readReply(bytes)
  }
}

const rcodes = (replies: readonly (Reply | undefined)[]) =>
  replies.map((reply) =>
    reply === undefined ? 'none' : `${reply.rcode}${reply.flags.includes('tc') ? ' TC' : ''}`,
  )

describe('a client over the limit', () => {
  it('gets nothing, and every second time an empty answer with TC, which leads a real one to TCP', () => {
    const ask = asker()
    const replies = Array.from({ length: 10 }, () => ask(NAME, 'A', { edns: true }))
    expect(rcodes(replies)).toEqual([
      ...['NOERROR', 'NOERROR', 'NOERROR', 'NOERROR'],
      ...['none', 'NOERROR TC', 'none', 'NOERROR TC', 'none', 'NOERROR TC'],
    ])
    expect(replies[5]).toMatchObject({
      flags: 'qr aa tc',
      question: [`${NAME} IN A`],
      answer: [],
      additional: [],
    })
    expect(ask(NAME, 'A', { transport: 'tcp' })?.answer).toHaveLength(1)
  })

  it('gets BADCOOKIE instead of TC where it knows cookies, and its answer with the cookie that came', () => {
    const ask = asker()
    const edns = (cookie: Buffer) => ({ edns: { options: optionOf(10, cookie) } })
    const replies = Array.from({ length: 6 }, () => ask(NAME, 'A', edns(Buffer.alloc(8, 7))))
    expect(rcodes(replies)).toEqual([...Array<string>(4).fill('NOERROR'), 'none', 'BADCOOKIE'])
    const cookie = Buffer.from(replies[5]?.opt?.options[0]?.slice(3) ?? '', 'hex')
    for (let i = 0; i < 50; i++) expect(ask(NAME, 'A', edns(cookie))?.answer).toHaveLength(1)
    // Who has no such cookie is limited on.
    expect(ask(NAME, 'A', edns(Buffer.alloc(8, 9)))).toBeUndefined()
  })

  it('is counted by what it is told: names a wildcard makes up are one, names that do not exist are one', () => {
    const ask = asker({ slip: 0 })
    for (const names of [
      (i: number) => `n${i}.a${i}.wild.${NAME}`,
      (i: number) => `n${i}.${NAME}`,
      (i: number) => `n${i}.child.${NAME}`,
      (i: number) => `n${i}.example.org`,
    ]) {
      const replies = Array.from({ length: 6 }, (_, i) => ask(names(i)))
      expect(replies.map((reply) => reply !== undefined)).toEqual([true, true, true, true, false, false])
    }
    // Each of these is a name of its own.
    for (const name of ['ns1', 'ns2', 'sip1', 'sip2', 'mail']) expect(ask(`${name}.${NAME}`)).toBeDefined()
  })

  it('is counted by the type it asks for', () => {
    const ask = asker({ slip: 0 })
    for (let i = 0; i < 5; i++) ask(NAME, 'A')
    expect(ask(NAME, 'A')).toBeUndefined()
    for (const type of ['AAAA', 'MX', 'NAPTR', 'NS'] as const)
      expect(ask(NAME, type)?.answer).not.toHaveLength(0)
  })

  it.each([
    ['an answer', 5, ['@', '@', '@', '@', '@', '@'], 'A'],
    ['a referral', 4, ['a.child', 'b.child', 'c.child', 'child', 'd.child'], 'A'],
    ['names without this type', 3, ['ns1', 'sip2', 'mail', 'flat'], 'TXT'],
    ['names that are not there', 3, ['x.sip1', 'x.sip2', 'x.mail', 'x'], 'A'],
  ] as const)('is counted by the kind of reply, and denials by their zone: %s', (_, rate, names, type) => {
    const ask = asker({ slip: 0, answersPerS: 5, referralsPerS: 4, denialsPerS: 3, errorsPerS: 2 })
    const replies = names.map((name) => ask(name === '@' ? NAME : `${name}.${NAME}`, type) !== undefined)
    expect(replies).toEqual([...new Array<boolean>(rate).fill(true), false])
  })

  it('is counted by the zone: who has had enough of one is told of another', () => {
    const ask = asker({ slip: 0 })
    const none = (name: string) => ask(name) !== undefined
    expect(Array.from({ length: 5 }, (_, i) => none(`n${i}.${NAME}`))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
    expect(Array.from({ length: 5 }, (_, i) => none(`n${i}.other.test`))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
  })

  it('is counted once for all names below a DNAME', () => {
    const zone = zoneOf('d.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nmoved DNAME ${NAME}.`)
    const view = compileSnapshot(snapshotOf(zone, VOICE))
    const ask = asker({ slip: 2 })
    const replies = Array.from({ length: 6 }, (_, i) => ask(`n${i}.moved.d.test`, 'A', { view }))
    expect(rcodes(replies)).toEqual([...Array<string>(4).fill('NXDOMAIN'), 'none', 'NOERROR TC'])
  })

  it('is told of errors as they are, for there is nothing to leave out', () => {
    const ask = asker({ slip: 1 })
    const replies = Array.from({ length: 6 }, () => ask('example.org', 'A', { edns: true }))
    expect(rcodes(replies)).toEqual(Array<string>(6).fill('REFUSED'))
    expect(replies[5]?.opt?.options).toEqual(['15:0014'])
  })

  it('is limited for floods of octets that are no query, too', () => {
    const policy = policyOf(policySeed({ listen: [], workers: 1, rateLimit: { ...LIMIT, slip: 0 } }))
    const junk = queryOf(Buffer.from([0xc0, 12]), 'A')
    const replies = Array.from({ length: 6 }, () => answerTo(junk, { policy }))
    expect(replies.map((reply) => reply !== undefined)).toEqual([true, true, true, true, false, false])
  })

  it('does not keep others waiting', () => {
    const ask = asker()
    for (let i = 0; i < 1_000; i++) ask(NAME, 'A', { client: '203.0.113.9' })
    expect(ask(NAME, 'A', { client: '203.0.114.9' })?.answer).toHaveLength(1)
  })
})
