import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rdata, RecordSet } from '../../src/core/records.ts'
import type { Responder } from '../../src/publishers/responder/responder.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { startResponder } from '../support/dns-client.ts'
import { recordLines, toolOutput } from '../support/dns-tools.ts'
import { VOICE } from '../support/dns-zone.ts'
import { hasPeer } from '../support/peers.ts'

const missing = !hasPeer('dig', 'bind9-dnsutils')
let responder: Responder
let dig: (...args: string[]) => Promise<string>

beforeAll(async () => {
  const started = await startResponder()
  responder = started
  dig = (...args) => toolOutput('dig', started.at, ['+norec', '+tries=1', '+time=3', ...args])
})
afterAll(() => responder.close())

const status = (output: string) => /status: (\w+)/.exec(output)?.[1]
const flags = (output: string) => /;; flags: ([a-z ]*);/.exec(output)?.[1]

describe.skipIf(missing)(`dig${missing ? ' (not installed: Debian package bind9-dnsutils)' : ''}`, () => {
  it('reads every set of a zone as it was configured, over UDP and TCP', async () => {
    const plain = VOICE.sets.filter((set) => set.alternatives === undefined && !/child\.|\\/.test(set.name))
    const lines = plain.flatMap((set) => [set.name, set.type]).concat()
    expect(lines.length).toBeGreaterThan(40)
    for (const transport of ['+notcp', '+tcp']) {
      const queries = plain.flatMap((set) => ['-q', set.name, '-t', set.type, '+noall', '+answer', transport])
      const output = recordLines(await dig(...queries))
      for (const set of plain) for (const line of expectedLines(set)) expect(output).toContain(line)
    }
  })

  it('sees AA, the SOA of a denial, and no recursion', async () => {
    const output = await dig('nope.voice.example.test', 'SRV')
    expect([status(output), flags(output)]).toEqual(['NXDOMAIN', 'qr aa'])
    expect(recordLines(await dig('_udp.voice.example.test', 'A', '+noall', '+authority'))).toEqual([
      'voice.example.test. 15 IN SOA ns1.voice.example.test. hostmaster.voice.example.test. 2026010101 7200 900 1209600 15',
    ])
  })

  it('finds its mixed-case question echoed', async () => {
    const output = await dig('_SiP._UdP.vOiCe.ExAmPlE.tEsT', 'SRV')
    expect(output).toContain(';_SiP._UdP.vOiCe.ExAmPlE.tEsT.\tIN\tSRV')
    expect(output).not.toContain('Question section mismatch')
  })

  it.each([
    ['+edns=1 +noednsneg', 'BADVERS'],
    ['+edns=1 +noednsneg +ednsopt=100', 'BADVERS'],
    ['+edns=1 +noednsneg +ednsflags=0x80', 'BADVERS'],
    ['+edns=1 +noednsneg +dnssec', 'BADVERS'],
    ['+ednsopt=100', 'NOERROR'],
    ['+ednsopt=100:01020304', 'NOERROR'],
    ['+ednsflags=0x80', 'NOERROR'],
    ['+nsid +subnet=0.0.0.0/0 +expire +cookie=0102030405060708', 'NOERROR'],
    ['+dnssec', 'NOERROR'],
    ['+bufsize=512', 'NOERROR'],
    ['+noedns', 'NOERROR'],
    ['+zflag', 'NOERROR'],
    ['+cdflag', 'NOERROR'],
    ['+adflag', 'NOERROR'],
    ['+tcp', 'NOERROR'],
    ['+opcode=15 +noedns', 'NOTIMP'],
    ['+opcode=15 +noedns +header-only', 'NOTIMP'],
    ['+opcode=STATUS', 'NOTIMP'],
    ['+opcode=UPDATE', 'NOTIMP'],
    ['+header-only', 'NOERROR'],
    ['+header-only +nocookie', 'FORMERR'],
  ])('with %s gets %s (RFC 8906)', async (options, expected) => {
    const output = await dig(...options.split(' '), 'voice.example.test', 'SOA')
    expect(status(output)).toBe(expected)
    expect(output).not.toMatch(/Warning|WARNING|mismatch|malformed|extra bytes/i)
    if (expected === 'BADVERS') expect(output).toMatch(/EDNS: version: 0, flags:[ do]*; udp: 1232/)
    if (options === '+dnssec') expect(output).toContain('EDNS: version: 0, flags: do; udp: 1232')
    if (options === '+ednsflags=0x80') expect(output).toContain('EDNS: version: 0, flags:; udp: 1232')
    if (options === '+noedns') expect(output).not.toContain('EDNS')
  })

  it('is told why it is refused', async () => {
    const output = await dig('example.org', 'A')
    expect([status(output), flags(output)]).toEqual(['REFUSED', 'qr'])
    expect(output).toContain('EDE: 20 (Not Authoritative)')
    expect(status(await dig('version.bind', 'TXT', '-c', 'CH'))).toBe('REFUSED')
    expect(await dig('voice.example.test', 'AXFR')).toContain('Transfer failed')
  })

  it('gets HINFO for ANY', async () => {
    expect(recordLines(await dig('voice.example.test', 'ANY', '+notcp', '+noall', '+answer'))).toEqual([
      'voice.example.test. 3600 IN HINFO "RFC8482" ""',
    ])
  })

  it('puts several questions on one connection', async () => {
    const output = await dig(
      '+tcp',
      '+keepopen',
      '+short',
      'sip1.voice.example.test',
      'A',
      'sip2.voice.example.test',
      'A',
      '+tcp',
      '+keepopen',
      '+short',
    )
    expect(recordLines(output)).toEqual(['192.0.2.11', '192.0.2.12'])
  })
})

describe.skipIf(!hasPeer('mdig', 'bind9-dnsutils'))(
  `mdig${hasPeer('mdig', 'bind9-dnsutils') ? '' : ' (not installed: Debian package bind9-dnsutils)'}`,
  () => {
    // mdig writes TTLs with units.
    it('pipelines over TCP', async () => {
      const started = await startResponder()
      const names = Array.from({ length: 50 }, (_, i) => `name${i}.wild.voice.example.test`)
      const output = await toolOutput('mdig', started.at, ['+tcp', '+noall', '+answer', ...names])
      expect(recordLines(output).sort()).toEqual(names.map((name) => `${name}. 30s IN A 192.0.2.50`).sort())
      expect(started.counters()).toMatchObject({ queriesTcp: 50, queriesUdp: 0 })
      await started.close()
    })
  },
)

function expectedLines(set: RecordSet): string[] {
  return set.records.map(
    (rdata) => `${set.name} ${set.ttl} IN ${set.type === 'TYPE43' ? 'DS' : set.type} ${shown(rdata)}`,
  )
}

/** dig prints unknown data in capitals. */
function shown(rdata: Rdata): string {
  return rdata.type.startsWith('TYPE')
    ? formatRdata(rdata).replace(/[0-9a-f]+$/, (hex) => hex.toUpperCase())
    : formatRdata(rdata)
}
