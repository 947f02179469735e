import { describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../../src/core/dns-settings.ts'
import { silentLogger } from '../../../src/core/ports.ts'
import { Answerer } from '../../../src/publishers/responder/answerer.ts'
import { emptyClientAddress, readClientAddress } from '../../../src/publishers/responder/client-address.ts'
import { policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { Tally } from '../../../src/publishers/responder/tally.ts'
import { SAMPLE } from '../../support/dns-ask.ts'
import { queryOf } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { seededRandom } from '../../support/virtual-time.ts'

const NAME = 'voice.example.test'

/** Takes queries of 192.0.2.7, and counts them. */
function answerer(settings: Partial<DnsSettings> = {}) {
  const policy = policyOf(policySeed({ listen: [], workers: 1, ...settings }))
  const tally = new Tally()
  const clock = { nowMs: () => 1_000 }
  const one = new Answerer({ random: seededRandom(1), logger: silentLogger, tally, clock, policy })
  one.context.view = SAMPLE
  const client = emptyClientAddress()
  readClientAddress('192.0.2.7', client)
  const out = Buffer.alloc(65_535)
  const send = (query: Uint8Array) => {
    tally.queriesUdp++
    return Buffer.from(out.subarray(0, one.answer(query, 'udp', client, out)))
  }
  return { send, counters: () => tally.counters(policy.limiter) }
}

describe('what is counted of a query over UDP', () => {
  it('a reply that is withheld: the query was read, and not dropped as what nobody can answer', () => {
    const { send, counters } = answerer({
      rateLimit: {
        ...{
          answersPerS: 1,
          referralsPerS: 1,
          denialsPerS: 1,
          errorsPerS: 1,
          allPerS: 0,
          windowS: 15,
          slip: 0,
        },
        ...{ ipv4PrefixLength: 24, ipv6PrefixLength: 56, exempt: [], tableSize: 64 },
      },
    })
    const query = queryOf(NAME, 'MX')
    const response = queryOf(NAME, 'MX', { flags: 0x8000 })
    expect(send(query).length).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) {
      expect(send(query)).toHaveLength(0)
      expect(send(response)).toHaveLength(0)
    }
    expect(counters()).toMatchObject({
      queries: { udp: { MX: 4, none: 3 } },
      responses: { NOERROR: 1 },
      withheld: 3,
      dropped: 3,
    })
  })

  it('IXFR as what was asked, though the SOA is what is answered', () => {
    const { send, counters } = answerer({
      transfer: {
        ...{ allow: [{ network: '192.0.2.0/24' }], zones: new Map() },
        ...{ journalChanges: 1, maxConcurrent: 1 },
      },
    })
    expect(readReply(send(queryOf(NAME, 'IXFR'))).answer).toEqual([
      expect.stringMatching(/^voice\.example\.test 60 SOA/),
    ])
    expect(counters().queries.udp).toEqual({ IXFR: 1 })
  })
})
