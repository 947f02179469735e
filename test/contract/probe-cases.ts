import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { dnsCases, stunCases } from './datagram-cases.ts'
import { execCases } from './exec-cases.ts'
import { type CaseMaker, type ProbeCase, sipCases } from './probe-worlds.ts'

/** Kinds that need options, or a far end other than a SIP server. Any other kind is tried without options on SIP servers. */
const MAKERS: Readonly<Record<string, CaseMaker>> = {
  exec: execCases,
  stun: stunCases,
  dns: dnsCases,
}

export function casesOf(definitions: Iterable<ProbeDefinition>): ProbeCase[] {
  return [...definitions].flatMap((definition) => (MAKERS[definition.kind] ?? sipCases())(definition))
}
