import { describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../../src/core/dns-settings.ts'
import { policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { ask } from '../../support/dns-ask.ts'
import type { QueryOptions } from '../../support/dns-query.ts'

function askChaos(
  name: string,
  settings: Partial<DnsSettings>,
  type: 'TXT' | 'A' | 'ANY' = 'TXT',
  more: QueryOptions = {},
) {
  const policy = policyOf(policySeed({ listen: [], workers: 1, ...settings }))
  return ask(name, type, { qclass: 3, policy, ...more })
}

const NAMES = ['version.bind', 'version.server', 'id.server', 'hostname.bind']

describe('class CHAOS', () => {
  it.each(NAMES)('%s is refused unless it is configured', (name) => {
    expect(askChaos(name, {})).toMatchObject({ rcode: 'REFUSED', answer: [] })
  })

  it('tells the version and the identity that are configured, and only those', () => {
    const told = (settings: Partial<DnsSettings>) =>
      NAMES.map((name) => askChaos(name, settings).answer.join())
    expect(told({ version: 'a "v"' })).toEqual([
      'version.bind 0 TXT "a "v""',
      'version.server 0 TXT "a "v""',
      '',
      '',
    ])
    expect(told({ identity: 'ns1' })).toEqual(['', '', 'id.server 0 TXT "ns1"', 'hostname.bind 0 TXT "ns1"'])
  })

  it('answers with AA, class CH, the question as it came, and an OPT for an OPT', () => {
    const reply = askChaos('VerSion.BIND', { version: 'v1' }, 'TXT', { edns: true })
    expect(reply).toMatchObject({ rcode: 'NOERROR', flags: 'qr aa', question: ['VerSion.BIND CH TXT'] })
    expect(reply.answer).toEqual(['VerSion.BIND 0 TXT "v1"'])
    expect(reply.opt).toMatchObject({ version: 0, options: [] })
  })

  it('answers ANY alike, and refuses other types, names and classes', () => {
    expect(askChaos('id.server', { identity: 'x' }, 'ANY').answer).toHaveLength(1)
    expect(askChaos('id.server', { identity: 'x' }, 'A').rcode).toBe('REFUSED')
    expect(askChaos('authors.bind', { identity: 'x', version: 'x' }).rcode).toBe('REFUSED')
    expect(askChaos('a.id.server', { identity: 'x' }).rcode).toBe('REFUSED')
    expect(askChaos('id.server', { identity: 'x' }, 'TXT', { qclass: 1 }).rcode).toBe('REFUSED')
  })
})
