import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { compositeCases, pushCases } from './composite-cases.ts'
import { dnsCases, stunCases } from './datagram-cases.ts'
import { echoCases } from './echo-cases.ts'
import { execCases } from './exec-cases.ts'
import { icmpCases } from './icmp-cases.ts'
import { type CaseMaker, type ProbeCase, sipCases } from './probe-worlds.ts'
import { httpCases, tcpCases, tlsCases } from './stream-cases.ts'

/** Kinds that need options, or a far end other than a SIP server. Any other kind is tried without options on SIP servers. */
const MAKERS: Readonly<Record<string, CaseMaker>> = {
  exec: execCases,
  stun: stunCases,
  tcp: tcpCases,
  tls: tlsCases,
  http: httpCases,
  push: pushCases,
  all: compositeCases({}),
  any: compositeCases({}),
  quorum: compositeCases({ need: 2 }),
  'sip-register': sipCases({ user: 'probe' }),
  'sip-invite': sipCases({ extension: '600' }),
  'rtp-echo': echoCases,
  dns: dnsCases,
  icmp: icmpCases,
}

export function casesOf(definitions: Iterable<ProbeDefinition>): ProbeCase[] {
  return [...definitions].flatMap((definition) => (MAKERS[definition.kind] ?? sipCases())(definition))
}
