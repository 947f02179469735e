import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Responder } from '../../src/publishers/responder/responder.ts'
import { startResponder } from '../support/dns-client.ts'
import { recordLines, toolOutput } from '../support/dns-tools.ts'
import { hasPeer } from '../support/peers.ts'

const missing = !hasPeer('kdig', 'knot-dnsutils')
let responder: Responder
let kdig: (...args: string[]) => Promise<string>

beforeAll(async () => {
  const started = await startResponder()
  responder = started
  kdig = (...args) => toolOutput('kdig', started.at, ['+norec', '+retry=0', '+timeout=3', ...args])
})
afterAll(() => responder.close())

const status = (output: string) => /status: (\w+)/.exec(output)?.[1]

describe.skipIf(missing)(`kdig${missing ? ' (not installed: Debian package knot-dnsutils)' : ''}`, () => {
  it('reads SRV with the addresses of its targets', async () => {
    const output = await kdig('_sip._udp.voice.example.test', 'SRV', '+noall', '+answer', '+additional')
    expect(recordLines(output)).toEqual([
      '_sip._udp.voice.example.test. 30 IN SRV 10 60 5060 sip1.voice.example.test.',
      '_sip._udp.voice.example.test. 30 IN SRV 20 100 5060 sip2.voice.example.test.',
      'sip1.voice.example.test. 30 IN A 192.0.2.11',
      'sip1.voice.example.test. 30 IN AAAA 2001:db8::11',
      'sip2.voice.example.test. 30 IN A 192.0.2.12',
    ])
  })

  it('reads NAPTR', async () => {
    expect(recordLines(await kdig('voice.example.test', 'NAPTR', '+noall', '+answer'))).toEqual([
      'voice.example.test. 30 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.voice.example.test.',
      'voice.example.test. 30 IN NAPTR 20 10 "s" "SIPS+D2T" "" _sips._tcp.voice.example.test.',
    ])
  })

  it('is referred to the servers of a delegated name', async () => {
    const output = await kdig('www.child.voice.example.test', 'A')
    expect(output).toMatch(/;; Flags: qr; QUERY: 1; ANSWER: 0; AUTHORITY: 3; ADDITIONAL: 4/)
  })

  it.each([
    ['+edns=1', 'BADVERS'],
    ['+nsid +cookie=0102030405060708 +padding=64 +bufsize=512', 'NOERROR'],
    ['+ednsopt=65001:abcd', 'NOERROR'],
    ['+tcp', 'NOERROR'],
    ['+dnssec', 'NOERROR'],
  ])('with %s gets %s', async (options, expected) => {
    const output = await kdig(...options.split(' '), 'voice.example.test', 'SOA')
    expect(status(output)).toBe(expected)
    expect(output).not.toMatch(/WARNING|ERROR:/)
  })

  it('asks many things over one TCP connection', async () => {
    const before = responder.counters()
    const names = Array.from({ length: 20 }, (_, i) => `n${i}.wild.voice.example.test`)
    const output = await kdig('+tcp', '+keepopen', '+short', ...names.flatMap((name) => [name, 'A']))
    expect(recordLines(output)).toEqual(names.map(() => '192.0.2.50'))
    const after = responder.counters()
    expect(after.queriesTcp - before.queriesTcp).toBe(20)
    expect(after.tcpAccepted - before.tcpAccepted).toBe(1)
  })

  it('is refused what it may not have', async () => {
    expect(status(await kdig('example.org', 'A'))).toBe('REFUSED')
    expect(status(await kdig('version.bind', 'TXT', 'CH'))).toBe('REFUSED')
    await expect(kdig('voice.example.test', 'AXFR')).rejects.toThrow(/REFUSED/)
  })
})
