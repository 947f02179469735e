import { describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../../src/core/dns-settings.ts'
import { silentLogger } from '../../../src/core/ports.ts'
import { Answerer } from '../../../src/publishers/responder/answerer.ts'
import { emptyClientAddress } from '../../../src/publishers/responder/client-address.ts'
import { policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { Tally } from '../../../src/publishers/responder/tally.ts'
import type { TYPE } from '../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../src/wire/dns/tsig/key.ts'
import { appendTsig, splitTsig } from '../../../src/wire/dns/tsig/record.ts'
import { signatureSize, signMessage } from '../../../src/wire/dns/tsig/sign.ts'
import { verifyResponse } from '../../../src/wire/dns/tsig/verify-response.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { textFor } from '../../support/dns-exact.ts'
import { queryOf } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'
import { seededRandom } from '../../support/virtual-time.ts'

const SECRET = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const KEY = tsigKey('fleet', 'hmac-sha256', SECRET)
const NOW = 1_800_000_000_000
const HEAD = '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n'
const NAME = 'voice.example.test'

/** A responder that knows the key, with these texts at `t1.text.test`, `t2.text.test` and so on. */
function responder(settings: Partial<DnsSettings> = {}, texts: readonly string[] = []) {
  const keys = [{ name: canonicalName('fleet.'), algorithm: 'hmac-sha256' as const, secret: SECRET }]
  const policy = policyOf(policySeed({ listen: [], workers: 1, keys, ...settings }))
  const tally = new Tally()
  const clock = { nowMs: () => NOW }
  const answerer = new Answerer({ random: seededRandom(1), logger: silentLogger, tally, clock, policy })
  const lines = texts.map((text, i) => `t${i + 1} TXT ${text}`).join('\n')
  answerer.context.view = compileSnapshot(snapshotOf(VOICE, zoneOf('text.test.', HEAD + lines)))
  const out = Buffer.alloc(65_535)
  const client = emptyClientAddress()
  client.octets.set([192, 0, 2, 7])
  const send = (query: Uint8Array, transport: 'udp' | 'tcp' = 'udp') => {
    const length = answerer.answer(query, transport, client, out)
    return Buffer.from(out.subarray(0, length))
  }
  const ask = (name: string, type: keyof typeof TYPE) => send(queryOf(name, type))
  /** The octets of the reply, and it without its signature, which is checked. */
  const askSigned = (name: string, type: keyof typeof TYPE, transport: 'udp' | 'tcp' = 'udp') => {
    const { bytes, mac } = signMessage(queryOf(name, type), KEY, NOW)
    const octets = send(bytes, transport)
    const verified = verifyResponse(octets, KEY, mac, NOW)
    if (!verified.ok) throw new Error(verified.fault)
    return { length: octets.length, reply: readReply(verified.message) }
  }
  return { ask, askSigned, send, tally }
}

const text = (octets: number) => textFor('t1.text.test', octets)

describe('the answer to a signed query (RFC 8945 section 5.3)', () => {
  it.each([
    ['udp', 512, 'qr aa tc'],
    ['tcp', 65_535, 'qr'],
  ] as const)('over %s has no more than %i octets, its signature among them', (transport, limit, flags) => {
    const most = limit - signatureSize(KEY)
    const { askSigned, tally } = responder({}, [text(most), text(most + 1)])
    const fits = askSigned('t1.text.test', 'TXT', transport)
    expect([fits.length, fits.reply.flags, fits.reply.answer.length]).toEqual([limit, 'qr aa', 1])
    const over = askSigned('t2.text.test', 'TXT', transport)
    expect([over.reply.flags, over.reply.answer.length]).toEqual([flags, 0])
    expect(over.reply.rcode).toBe(transport === 'tcp' ? 'SERVFAIL' : 'NOERROR')
    expect(tally.internalErrors).toBe(0)
  })

  it('has the id that came, though a forwarder has changed it and the MAC has the first (section 4.2)', () => {
    const { send } = responder()
    const { bytes, mac } = signMessage(queryOf(NAME, 'A', { id: 0x0101 }), KEY, NOW)
    bytes.set([0xbe, 0xef])
    const reply = send(bytes)
    expect(reply.readUInt16BE(0)).toBe(0xbeef)
    expect(verifyResponse(reply, KEY, mac, NOW)).toMatchObject({ ok: true })
  })

  it.each([
    ['cut to 9 octets', (mac: Uint8Array) => mac.subarray(0, 9)],
    ['longer than any', (mac: Uint8Array) => Buffer.concat([mac, mac])],
  ])('is a format error, unsigned, where the MAC is %s (section 5.2.2.1)', (_, change) => {
    const { send, tally } = responder()
    const split = splitTsig(signMessage(queryOf(NAME, 'A'), KEY, NOW).bytes)
    if (split.kind !== 'tsig') throw new Error(split.kind)
    const { tsig, unsigned } = split
    expect(readReply(send(appendTsig(unsigned, { ...tsig, mac: change(tsig.mac) })))).toMatchObject({
      rcode: 'FORMERR',
      answer: [],
      additional: [],
    })
    expect(tally.internalErrors).toBe(0)
  })

  it('takes nothing from the answer to the next one, which is not signed', () => {
    const { ask, askSigned } = responder({}, [text(512)])
    expect(askSigned(NAME, 'A').reply.answer).toHaveLength(1)
    const next = ask('t1.text.test', 'TXT')
    expect(next).toHaveLength(512)
    expect(readReply(next).additional).toEqual([])
  })

  it('proves nothing of who asks next: transfers and limits go by the query at hand', () => {
    const { ask, askSigned } = responder({
      transfer: {
        allow: [{ key: canonicalName('fleet.') }],
        zones: new Map(),
        journalChanges: 1,
        maxConcurrent: 1,
      },
      rateLimit: {
        ...{
          answersPerS: 2,
          referralsPerS: 2,
          denialsPerS: 2,
          errorsPerS: 9,
          allPerS: 0,
          windowS: 15,
          slip: 0,
        },
        ...{ ipv4PrefixLength: 24, ipv6PrefixLength: 56, exempt: [], tableSize: 64 },
      },
    })
    for (let i = 0; i < 5; i++) {
      expect(askSigned(NAME, 'IXFR').reply.answer).toHaveLength(1)
      expect(readReply(ask(NAME, 'IXFR')).rcode).toBe('REFUSED')
    }
    expect(Array.from({ length: 4 }, () => ask(NAME, 'A').length > 0)).toEqual([true, true, false, false])
    expect(askSigned(NAME, 'A').reply.answer).toHaveLength(1)
    expect(ask(NAME, 'A')).toHaveLength(0)
  })
})
