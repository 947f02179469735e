import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { textFor } from '../../support/dns-exact.ts'
import { type QueryOptions, queryOf } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../../support/dns-zone.ts'

const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')
const HEAD = '@ 60 SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n'

const view = compileSnapshot(
  snapshotOf(
    zoneOf(
      'big.test.',
      `${HEAD}
${many(40, (i) => `wide A 192.0.2.${i}`)}
${many(8, (i) => `_sip._udp SRV 10 10 5060 host${i}`)}
${many(8, (i) => `host${i} A 192.0.2.${i}\nhost${i} AAAA 2001:db8::${i}`)}
${many(300, (i) => `huge TXT "${'x'.repeat(250)}${i}"`)}
${many(12, (i) => `child NS ns${i}.child\nns${i}.child A 192.0.2.${i}\nns${i}.child AAAA 2001:db8::${i}`)}
${many(12, (i) => `sibling NS ns${i}.child`)}
`,
    ),
  ),
)

function octets(
  name: string,
  type: 'A' | 'SRV' | 'TXT' | 'NS',
  options: QueryOptions & { transport?: 'udp' | 'tcp' } = {},
): Buffer {
  return (
    answerTo(queryOf(name, type, options), {
      view,
      ...(options.transport === undefined ? {} : { transport: options.transport }),
    }) ?? Buffer.alloc(0)
  )
}

describe('space', () => {
  it.each([
    ['512 without EDNS', undefined, 512],
    ['512 where a client says less', { size: 0 }, 512],
    ['512 where a client says 512', { size: 512 }, 512],
    ['what a client says', { size: 900 }, 900],
    ['1232 whatever more a client says', { size: 65535 }, 1232],
  ])('over UDP is %s', (_what, edns, limit) => {
    const options = edns === undefined ? {} : { edns }
    for (const [name, type] of [
      ['wide', 'A'],
      ['_sip._udp', 'SRV'],
      ['huge', 'TXT'],
      ['x.child', 'A'],
      ['sibling', 'A'],
    ] as const)
      expect(octets(`${name}.big.test`, type, options).length).toBeLessThanOrEqual(limit)
    // A reply of just so many octets, and its neighbours.
    for (const [length, flags] of [
      [limit - 1, 'qr aa'],
      [limit, 'qr aa'],
      [limit + 1, 'qr aa tc'],
    ] as const) {
      const text = `t TXT ${textFor('t.exact.test', length - (edns === undefined ? 0 : 11))}`
      const exact = compileSnapshot(snapshotOf(zoneOf('exact.test.', `${HEAD}${text}`)))
      const reply = answerTo(queryOf('t.exact.test', 'TXT', options), { view: exact }) ?? Buffer.alloc(0)
      expect(readReply(reply).flags).toBe(flags)
      expect(reply.length === length).toBe(length <= limit)
    }
  })

  it('too short for the answer: TC, the question and the OPT, and no part of an RRset', () => {
    expect(ask('wide.big.test', 'A', { view })).toMatchObject({
      flags: 'qr aa tc',
      rcode: 'NOERROR',
      question: ['wide.big.test IN A'],
      answer: [],
      authority: [],
      additional: [],
    })
    expect(ask('wide.big.test', 'A', { view, edns: { size: 512, flags: 0x8000 } })).toMatchObject({
      flags: 'qr aa tc',
      answer: [],
      opt: { size: 1232, flags: 0x8000 },
    })
    expect(ask('wide.big.test', 'A', { view, edns: true }).answer).toHaveLength(40)
  })

  it('too short for additional records only: they are left out from the end, whole sets, without TC (RFC 2181 section 9)', () => {
    const whole = ask('_sip._udp.big.test', 'SRV', { view, edns: true })
    expect(whole).toMatchObject({ flags: 'qr aa' })
    expect(whole.additional).toHaveLength(16)
    for (let size = 512; size < 800; size += 7) {
      const reply = ask('_sip._udp.big.test', 'SRV', { view, edns: { size } })
      expect(reply.flags).toBe('qr aa')
      expect(reply.answer).toEqual(whole.answer)
      expect(reply.additional).toEqual(whole.additional.slice(0, reply.additional.length))
    }
    const plain = ask('_sip._udp.big.test', 'SRV', { view })
    expect(plain.additional.length).toBeGreaterThan(4)
    expect(plain.additional.length).toBeLessThan(16)
  })

  it('too short for glue: TC, for a referral without its glue leads nowhere (RFC 9471)', () => {
    expect(ask('x.child.big.test', 'A', { view })).toMatchObject({
      flags: 'qr tc',
      authority: [],
      additional: [],
    })
    expect(ask('x.child.big.test', 'A', { view, edns: true })).toMatchObject({ flags: 'qr' })
  })

  it('too short for addresses of name servers outside the delegated name: no TC', () => {
    const reply = ask('x.sibling.big.test', 'A', { view })
    expect(reply.flags).toBe('qr')
    expect(reply.authority).toHaveLength(12)
    expect(reply.additional.length).toBeLessThan(24)
    expect(ask('x.sibling.big.test', 'A', { view, edns: true }).additional).toHaveLength(24)
  })

  it('over TCP is the whole message, and what no message holds is SERVFAIL', () => {
    expect(ask('wide.big.test', 'A', { view, transport: 'tcp' }).answer).toHaveLength(40)
    expect(ask('huge.big.test', 'TXT', { view, transport: 'tcp' })).toMatchObject({
      rcode: 'SERVFAIL',
      flags: 'qr',
      answer: [],
    })
  })

  it('over TCP reaches to 65535 octets', () => {
    const text = (count: number) =>
      compileSnapshot(
        snapshotOf(
          zoneOf(
            't.test.',
            `${HEAD}${many(count, (i) => `x TXT "${'x'.repeat(240)}${String(i).padStart(5, '0')}"`)}`,
          ),
        ),
      )
    // 24 octets of header and question; 258 each.
    const full =
      answerTo(queryOf('x.t.test', 'TXT'), { view: text(253), transport: 'tcp' }) ?? Buffer.alloc(0)
    expect(full.length).toBeGreaterThan(65_000)
    expect(readReply(full).answer).toHaveLength(253)
    expect(
      readReply(
        answerTo(queryOf('x.t.test', 'TXT'), { view: text(254), transport: 'tcp' }) ?? Buffer.alloc(0),
      ),
    ).toMatchObject({ rcode: 'SERVFAIL' })
  })

  it('over TCP, too short for all additional records, has as many whole sets as it can hold', () => {
    const targets = many(
      1_000,
      (i) => `s SRV 1 1 5060 target${i}\ntarget${i} A 192.0.2.1\ntarget${i} AAAA ::${i}`,
    )
    const large = compileSnapshot(snapshotOf(zoneOf('t.test.', HEAD + targets)))
    const reply = answerTo(queryOf('s.t.test', 'SRV'), { view: large, transport: 'tcp' }) ?? Buffer.alloc(0)
    expect(reply.length).toBeGreaterThan(65_500)
    const { flags, answer, additional } = readReply(reply)
    expect([flags, answer.length]).toEqual(['qr aa', 1_000])
    expect(additional.length).toBeGreaterThan(500)
    expect(additional.at(-1)).toMatch(/^target\d+\.t\.test 30 A/)
  })

  it('every reply that fits to the octet is sent, and one octet less truncates', () => {
    const whole = octets('wide.big.test', 'A', { edns: true })
    expect(readReply(octets('wide.big.test', 'A', { edns: { size: whole.length } })).flags).toBe('qr aa')
    expect(readReply(octets('wide.big.test', 'A', { edns: { size: whole.length - 1 } })).flags).toBe(
      'qr aa tc',
    )
  })

  it('every additional set that fits to the octet is sent, and one octet less leaves it out', () => {
    const whole = octets('_sip._udp.big.test', 'SRV', { edns: true })
    const count = (size: number) =>
      readReply(octets('_sip._udp.big.test', 'SRV', { edns: { size } })).additional.length
    expect([count(whole.length), count(whole.length - 1)]).toEqual([16, 15])
  })
})
