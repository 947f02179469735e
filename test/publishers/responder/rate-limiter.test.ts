import { describe, expect, it } from 'vitest'
import type { RateLimitSettings } from '../../../src/core/dns-settings.ts'
import { emptyClientAddress, readClientAddress } from '../../../src/publishers/responder/client-address.ts'
import {
  limiterMemory,
  RateLimiter,
  REPLY,
  SEND,
  SLIP,
  WITHHOLD,
} from '../../../src/publishers/responder/rate-limiter.ts'

const SETTINGS: RateLimitSettings = {
  answersPerS: 10,
  referralsPerS: 10,
  denialsPerS: 5,
  errorsPerS: 5,
  allPerS: 0,
  windowS: 15,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  exempt: [],
  tableSize: 1024,
}

/** A limiter and how it is asked; the time is in milliseconds. */
function limiter(settings: Partial<RateLimitSettings> = {}, memory?: SharedArrayBuffer) {
  const all = { ...SETTINGS, ...settings }
  const subject = new RateLimiter(all, memory ?? limiterMemory(all), 12345)
  const client = emptyClientAddress()
  return {
    subject,
    judge(address: string, nowMs: number, kind: number = REPLY.ANSWER, about = 1): number {
      readClientAddress(address, client)
      return subject.judge(client, kind, about, nowMs)
    },
  }
}

/** How many of `count` replies, `everyMs` apart, were sent, slipped and withheld. */
function flood(
  { judge }: ReturnType<typeof limiter>,
  address: string,
  count: number,
  everyMs: number,
  startMs = 0,
): Record<'sent' | 'slipped' | 'withheld', number> {
  const tally = { sent: 0, slipped: 0, withheld: 0 }
  for (let i = 0; i < count; i++) {
    const verdict = judge(address, startMs + i * everyMs)
    tally[verdict === SEND ? 'sent' : verdict === SLIP ? 'slipped' : 'withheld']++
  }
  return tally
}

describe('response rate limiting', () => {
  it('lets a second of the rate through at once, then the rate', () => {
    const one = limiter()
    expect(flood(one, '192.0.2.1', 10, 0)).toEqual({ sent: 10, slipped: 0, withheld: 0 })
    expect(one.judge('192.0.2.1', 100)).toBe(SEND)
    expect(one.judge('192.0.2.1', 100)).not.toBe(SEND)
  })

  it('saves nothing up over that second, however long a client was silent', () => {
    const one = limiter()
    expect(one.judge('192.0.2.1', 0)).toBe(SEND)
    expect(flood(one, '192.0.2.1', 30, 0, 3_600_000)).toMatchObject({ sent: 10 })
  })

  it('owes nothing to a clock that was set back', () => {
    const one = limiter()
    expect(flood(one, '192.0.2.1', 5, 0, 3_600_000)).toMatchObject({ sent: 5 })
    expect(flood(one, '192.0.2.1', 10, 0, 0)).toMatchObject({ sent: 5 })
    expect(flood(one, '192.0.2.1', 10, 0, 1_300)).toMatchObject({ sent: 8 })
  })

  it('never limits who stays below the rate', () => {
    expect(flood(limiter(), '192.0.2.1', 5_000, 100)).toEqual({ sent: 5_000, slipped: 0, withheld: 0 })
  })

  it('withholds a flood whole, but for every second reply that is sent short', () => {
    const { sent, slipped, withheld } = flood(limiter(), '192.0.2.1', 10_000, 1)
    expect(sent).toBeLessThan(25)
    expect(Math.abs(slipped - withheld)).toBeLessThanOrEqual(1)
  })

  it('remembers a flood for its window and no longer', () => {
    const one = limiter()
    flood(one, '192.0.2.1', 10_000, 1)
    expect(one.judge('192.0.2.1', 10_000 + 14_000)).not.toBe(SEND)
    const two = limiter()
    flood(two, '192.0.2.1', 10_000, 1)
    expect(two.judge('192.0.2.1', 10_000 + 15_200)).toBe(SEND)
  })

  it.each([
    [0, 0],
    [1, 100],
    [4, 25],
  ])('with slip %i sends %i of a hundred short', (slip, expected) => {
    const one = limiter({ slip })
    flood(one, '192.0.2.1', 10, 0)
    expect(flood(one, '192.0.2.1', 100, 0)).toEqual({ sent: 0, slipped: expected, withheld: 100 - expected })
    expect(one.subject.counts()).toEqual({ slipped: expected, withheld: 100 - expected })
  })

  it('counts a network as one client: a /24, a /56', () => {
    const v4 = limiter()
    for (let i = 0; i < 10; i++) expect(v4.judge(`192.0.2.${i}`, 0)).toBe(SEND)
    expect(v4.judge('192.0.2.250', 0)).not.toBe(SEND)
    expect(v4.judge('192.0.3.1', 0)).toBe(SEND)
    const v6 = limiter()
    for (let i = 0; i < 10; i++) expect(v6.judge(`2001:db8:0:1${i}::1`, 0)).toBe(SEND)
    expect(v6.judge('2001:db8:0:1f::9', 0)).not.toBe(SEND)
    expect(v6.judge('2001:db8:0:100::9', 0)).toBe(SEND)
  })

  it('takes a prefix that ends within an octet', () => {
    const one = limiter({ ipv4PrefixLength: 20 })
    for (let i = 0; i < 10; i++) expect(one.judge(`10.0.${i}.1`, 0)).toBe(SEND)
    expect(one.judge('10.0.15.1', 0)).not.toBe(SEND)
    expect(one.judge('10.0.16.1', 0)).toBe(SEND)
  })

  it('counts names, zones and errors by themselves', () => {
    const one = limiter()
    flood(one, '192.0.2.1', 10, 0)
    expect(one.judge('192.0.2.1', 0)).not.toBe(SEND)
    expect(one.judge('192.0.2.1', 0, REPLY.ANSWER, 2)).toBe(SEND)
    expect(one.judge('192.0.2.1', 0, REPLY.REFERRAL)).toBe(SEND)
    for (let i = 0; i < 5; i++) expect(one.judge('192.0.2.1', 0, REPLY.DENIAL)).toBe(SEND)
    expect(one.judge('192.0.2.1', 0, REPLY.DENIAL)).not.toBe(SEND)
    // An error speaks of no name: whatever it was asked for, it is the same.
    for (let i = 0; i < 5; i++) expect(one.judge('192.0.2.1', 0, REPLY.ERROR, i)).toBe(SEND)
    expect(one.judge('192.0.2.1', 0, REPLY.ERROR, 99)).not.toBe(SEND)
  })

  it('counts everything together where that is asked for', () => {
    const one = limiter({ allPerS: 20 })
    for (let i = 0; i < 20; i++) expect(one.judge('192.0.2.1', 0, REPLY.ANSWER, i)).toBe(SEND)
    expect(one.judge('192.0.2.1', 0, REPLY.ANSWER, 100)).not.toBe(SEND)
  })

  it('has no limit where the rate is 0', () => {
    const one = limiter({ answersPerS: 0 })
    expect(flood(one, '192.0.2.1', 1_000, 0).sent).toBe(1_000)
  })

  it('never limits those on the list', () => {
    const one = limiter({ exempt: ['192.0.2.128/25', '2001:db8::/33', '198.51.100.7/32'] })
    expect(flood(one, '192.0.2.200', 100, 0).sent).toBe(100)
    expect(flood(one, '2001:db8:7fff::1', 100, 0).sent).toBe(100)
    expect(flood(one, '198.51.100.7', 100, 0).sent).toBe(100)
    expect(flood(one, '198.51.100.8', 100, 0).sent).toBe(0)
    expect(flood(one, '2001:db8:8000::1', 100, 0).sent).toBe(10)
    expect(flood(one, '192.0.3.1', 100, 0).sent).toBe(10)
  })

  it('is one limiter for all that share its memory', () => {
    const memory = limiterMemory(SETTINGS)
    const one = limiter({}, memory)
    const two = limiter({}, memory)
    for (let i = 0; i < 5; i++) expect([one.judge('192.0.2.1', 0), two.judge('192.0.2.1', 0)]).toEqual([0, 0])
    expect(two.judge('192.0.2.1', 0)).toBe(WITHHOLD)
    expect(one.judge('192.0.2.1', 0)).toBe(SLIP)
    expect(one.subject.counts()).toEqual({ slipped: 1, withheld: 1 })
  })

  it('keeps its size whatever comes, and limits a flood among a hundred thousand passers-by', () => {
    const memory = limiterMemory({ tableSize: 1024 })
    const before = memory.byteLength
    const one = limiter({}, memory)
    let sent = 0
    for (let i = 0; i < 100_000; i++) {
      one.judge(`10.${(i >> 8) & 255}.${i & 255}.1`, i / 10)
      // Thousands a second: the flood's own place is never the oldest.
      if (one.judge('192.0.2.1', i / 10) === SEND) sent++
    }
    expect(memory.byteLength).toBe(before)
    expect(sent).toBeLessThan(200)
  })
})
