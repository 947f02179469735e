import { describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../../src/core/dns-settings.ts'
import { policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts'
import { readMessage } from '../../../src/wire/dns/read-message.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { textFor } from '../../support/dns-exact.ts'
import { optionOf, optOf, queryOf, recordOf, u16, wireName } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../../support/dns-zone.ts'

const NAME = 'voice.example.test'

function policy(settings: Partial<DnsSettings>) {
  return policyOf(policySeed({ listen: [], workers: 1, ...settings }))
}

const hex = (text: string) => Buffer.from(text).toString('hex')

describe('NSID (RFC 5001)', () => {
  const named = policy({ nsid: 'ns1.fra' })
  it('is told to who asks, errors and denials included, and to nobody else', () => {
    for (const name of [NAME, `nope.${NAME}`, 'example.org']) {
      const options = optionOf(3)
      expect(ask(name, 'A', { policy: named, edns: { options } }).opt?.options).toContain(
        `3:${hex('ns1.fra')}`,
      )
      expect(ask(name, 'A', { policy: named, edns: true }).opt?.options).not.toContain(`3:${hex('ns1.fra')}`)
    }
  })

  it('is told whatever the query has put into the option (section 2.2)', () => {
    const options = optionOf(3, Buffer.from('who'))
    expect(ask(NAME, 'A', { policy: named, edns: { options } }).opt?.options).toEqual([`3:${hex('ns1.fra')}`])
  })

  it('is told to nobody where none is configured', () => {
    expect(ask(NAME, 'A', { policy: policy({}), edns: { options: optionOf(3) } }).opt?.options).toEqual([])
  })
})

describe('edns-tcp-keepalive (RFC 7828)', () => {
  it('tells the idle time in units of 100 ms over TCP, to who asks', () => {
    const options = optionOf(11)
    const asked = { transport: 'tcp', idleTimeoutMs: 10_000, edns: { options } } as const
    expect(ask(NAME, 'A', asked).opt?.options).toEqual(['11:0064'])
    expect(ask(NAME, 'A', { ...asked, edns: true }).opt?.options).toEqual([])
    expect(ask(NAME, 'A', { ...asked, idleTimeoutMs: 9_999_999 }).opt?.options).toEqual(['11:ffff'])
  })

  it('is ignored over UDP, whatever it says', () => {
    for (const data of ['', '0064', '00']) {
      const options = optionOf(11, Buffer.from(data, 'hex'))
      expect(ask(NAME, 'A', { edns: { options } })).toMatchObject({ rcode: 'NOERROR', opt: { options: [] } })
    }
  })

  it('with a time in the query is a format error over TCP (section 3.2.1)', () => {
    const options = optionOf(11, Buffer.from('0064', 'hex'))
    expect(ask(NAME, 'A', { transport: 'tcp', edns: { options } })).toMatchObject({
      rcode: 'FORMERR',
      opt: { options: [] },
    })
  })
})

describe('options that are not for us', () => {
  it.each([
    ['client subnet (RFC 7871 section 7.2.1)', optionOf(8, Buffer.from('00011800c00002', 'hex'))],
    ['client subnet of no bits', optionOf(8, Buffer.from('00010000', 'hex'))],
    ['client subnet of an unknown family', optionOf(8, Buffer.from('ffff2020c0000201', 'hex'))],
    ['padding (RFC 7830 section 6: over encrypted transports)', optionOf(12, Buffer.alloc(100))],
    ['EXPIRE (RFC 7314)', optionOf(9)],
    ['an unknown one', optionOf(65_001, Buffer.alloc(20, 1))],
  ])('%s: the answer is as if it were not there', (_what, options) => {
    const whole = policy({ nsid: 'ns1' })
    for (const transport of ['udp', 'tcp'] as const) {
      const query = queryOf(NAME, 'A', { edns: { options } })
      const plain = queryOf(NAME, 'A', { edns: true })
      expect(answerTo(query, { policy: whole, transport })).toEqual(
        answerTo(plain, { policy: whole, transport }),
      )
    }
  })
})

describe('several options at once', () => {
  const settings = policy({ nsid: 'n'.repeat(64) })
  const options = Buffer.concat([optionOf(3), optionOf(10, Buffer.alloc(8, 3)), optionOf(11)])

  it('are all answered, behind the records', () => {
    const edns = { options }
    const reply = ask(NAME, 'NAPTR', { policy: settings, transport: 'tcp', idleTimeoutMs: 500, edns })
    expect(reply.opt?.options.map((option) => option.split(':')[0])).toEqual(['10', '3', '11'])
    expect(reply.answer).toHaveLength(2)
    expect(reply.additional.length).toBeGreaterThan(3)
  })

  it('take their room from the records that may be left out, never from what must be there', () => {
    for (let size = 512; size <= 700; size++) {
      const reply = answerTo(queryOf(NAME, 'NAPTR', { edns: { size, options } }), { policy: settings })
      expect(reply?.length).toBeLessThanOrEqual(size)
      const read = readReply(reply ?? Buffer.alloc(0))
      expect(read.opt?.options).toHaveLength(2)
      if (!read.flags.includes('tc')) expect(read.answer).toHaveLength(2)
    }
  })

  it('fit with the longest question into what every client takes', () => {
    const label = Buffer.concat([Buffer.from([61]), Buffer.alloc(61, 0x61)])
    const name = Buffer.concat([
      label,
      label,
      label,
      label,
      Buffer.from([5]),
      Buffer.from('aaaaa'),
      Buffer.from([0]),
    ])
    expect(name).toHaveLength(255)
    for (const query of [
      queryOf(name, 'A', { edns: { size: 0, options } }),
      queryOf(name, 'OPT', { edns: { size: 0, options } }),
      queryOf(name, 'A', { opcode: 4, edns: { size: 0, options } }),
    ]) {
      expect(answerTo(query, { policy: settings })?.length).toBeLessThanOrEqual(512)
    }
  })
})

describe('a signature where no key is known (RFC 8945 section 5.2.1)', () => {
  it('is answered with NOTAUTH and an unsigned TSIG that says BADKEY', () => {
    const rdata = Buffer.concat([
      wireName('hmac-sha256.'),
      u16(0, 0, 1000, 300, 32),
      Buffer.alloc(32, 1),
      u16(0x1234, 0, 0),
    ])
    const tsig = recordOf(TYPE.TSIG, rdata, { owner: wireName('some.key'), qclass: 255 })
    const query = queryOf(NAME, 'A', { records: [optOf(), tsig] })
    const reply = readMessage(answerTo(query, { policy: policy({}) }) ?? Buffer.alloc(0))
    if (!reply.ok) throw new Error(reply.fault)
    expect(reply.message).toMatchObject({ rcode: RCODE.NOTAUTH, answers: [] })
    const last = reply.message.additionals.at(-1)
    expect([last?.type, last?.name]).toEqual([TYPE.TSIG, 'some.key.'])
    // Behind the algorithm: time, fudge, an empty MAC, the id that was signed, and the error.
    const fields = Buffer.from(last?.octets ?? []).subarray(wireName('hmac-sha256.').length)
    expect([fields.readUInt16BE(8), fields.readUInt16BE(10), fields.readUInt16BE(12)]).toEqual([
      0,
      0x1234,
      RCODE.BADKEY,
    ])
  })
})

describe('options of a reply', () => {
  const COOKIE = optionOf(10, Buffer.alloc(8, 7))
  it.each([
    ['none', 'udp', Buffer.alloc(0), 0],
    ['a cookie', 'udp', COOKIE, 28],
    ['NSID', 'udp', optionOf(3), 4 + 'ns1.fra'.length],
    ['both', 'udp', Buffer.concat([COOKIE, optionOf(3)]), 28 + 4 + 'ns1.fra'.length],
    ['a keep-alive', 'tcp', optionOf(11), 6],
    ['all of them', 'tcp', Buffer.concat([COOKIE, optionOf(3), optionOf(11)]), 28 + 4 + 'ns1.fra'.length + 6],
  ] as const)('are within the limit, to the octet: %s over %s', (_, transport, options, octets) => {
    const named = policy({ nsid: 'ns1.fra' })
    const limit = transport === 'udp' ? 1232 : 65_535
    const reply = (length: number, using = named, less = octets) => {
      const text = textFor('t.exact.test', length - 11 - less)
      const zone = zoneOf('exact.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nt TXT ${text}`)
      const view = compileSnapshot(snapshotOf(zone))
      const query = queryOf('t.exact.test', 'TXT', { edns: { size: 65_535, options } })
      return answerTo(query, { policy: using, transport, view }) ?? Buffer.alloc(0)
    }
    expect(reply(limit)).toHaveLength(limit)
    expect(readReply(reply(limit)).answer).toHaveLength(1)
    expect(readReply(reply(limit + 1)).answer).toEqual([])
    expect(reply(limit + 1).length).toBeLessThan(200)
    // What is not given takes no room.
    const silent = policy({ cookies: { enabled: false, secrets: [], required: false } })
    if (transport === 'udp') expect(reply(limit, silent, 0)).toHaveLength(limit)
  })
})
