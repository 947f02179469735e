import type { ProbeSettings } from '../core/settings.ts'
import type { ProbeDefinition } from './definition.ts'
import { dns } from './dns.ts'
import { exec } from './exec.ts'
import { icmp } from './icmp.ts'
import { sipOptions } from './sip-options.ts'
import { stun } from './stun.ts'
import { tcp } from './tcp.ts'

/** Every kind of probe, by the `type` it has in the configuration. */
export const probeDefinitions: ReadonlyMap<string, ProbeDefinition> = new Map(
  [sipOptions, tcp, icmp, exec, stun, dns].map((definition) => [
    definition.kind,
    definition as ProbeDefinition,
  ]),
)

/** Names of the probes that this one asks in its turn. */
export function membersOf(probe: Pick<ProbeSettings, 'kind' | 'options'>): readonly string[] {
  return probeDefinitions.get(probe.kind)?.members?.(probe.options) ?? []
}
