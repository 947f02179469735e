/** The dns probe against a responder of ours, and against BIND (Debian: bind9, started by the test on loopback). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { dns } from '../../src/probes/dns.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { createResponder } from '../../src/publishers/responder/responder.ts'
import { startBind } from '../support/bind-server.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const RECORDS = [
  'sip1 60 IN A 192.0.2.11',
  '@ 60 IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp',
  '_sip._udp 60 IN SRV 10 60 5060 sip1',
  // More than 512 octets: UDP without EDNS cannot carry it.
  ...Array.from({ length: 60 }, (_, i) => `many 60 IN A 192.0.2.${100 + i}`),
].join('\n')

/** BIND's helper writes its own. */
const HEAD = '@ 60 IN SOA ns1 hostmaster 1 3600 600 86400 60\n@ 60 IN NS ns1\nns1 60 IN A 127.0.0.1'

function ask(port: number, options: Record<string, unknown>): Promise<Outcome> {
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const settings = dns.options.parse({ port, authoritative: true, ...options })
  const prober = dns.create(settings, probeDeps({ clock: realTime, timers: realTime, sip }))
  return prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 5000 })
}

const QUESTIONS: readonly [Record<string, unknown>, Partial<Outcome>][] = [
  [{ name: 'sip1.example.test', answers: ['192.0.2.11'] }, { result: 'pass' }],
  [{ name: 'SIP1.Example.Test.', transport: 'tcp' }, { result: 'pass' }],
  [
    { name: '_sip._udp.example.test', recordType: 'SRV', answers: ['10 60 5060 sip1.example.test.'] },
    { result: 'pass' },
  ],
  [
    {
      name: 'example.test',
      recordType: 'NAPTR',
      answers: ['10 50 "s" "SIP+D2U" "" _sip._udp.example.test.'],
    },
    { result: 'pass' },
  ],
  [
    { name: 'many.example.test', minAnswers: 60 },
    { result: 'pass', attempts: 1 },
  ],
  [{ name: 'none.example.test' }, { reason: 'unexpected', detail: 'NXDOMAIN, not NOERROR' }],
  [{ name: 'none.example.test', rcode: ['NXDOMAIN'] }, { result: 'pass' }],
  [{ name: 'sip1.example.test', recordType: 'TXT' }, { reason: 'unexpected' }],
  [{ name: 'elsewhere.example' }, { reason: 'unexpected', detail: 'REFUSED, not NOERROR' }],
]

describe('the dns probe and a responder of ours', () => {
  const limits = { logger: silentLogger, random: { next: () => 0.5 }, timers: realTime }
  const responder = createResponder({ listen: [{ address: '127.0.0.1', port: 0 }], workers: 1 }, limits)

  beforeAll(async () => {
    responder.publish(snapshotOf(zoneOf('example.test.', `${HEAD}\n${RECORDS}`)))
    await responder.listen()
  })
  afterAll(() => responder.close())

  test.each(QUESTIONS)('%j', async (options, expected) => {
    expect(await ask(responder.addresses()[0]?.port ?? 0, options)).toMatchObject(expected)
  })
})

describe.skipIf(!hasPeer('named', 'bind9'))(
  'the dns probe and BIND (skipped where named is not installed)',
  () => {
    let bind: Awaited<ReturnType<typeof startBind>> | undefined
    beforeAll(async () => {
      bind = await startBind([{ name: 'example.test', records: RECORDS }])
    }, 30_000)
    afterAll(() => bind?.stop())

    test.each(QUESTIONS)('%j', async (options, expected) => {
      expect(await ask(bind?.at.port ?? 0, options)).toMatchObject(expected)
    })
  },
)
