import type { ProbeSettings } from '../core/settings.ts'
import { all } from './all.ts'
import { any } from './any.ts'
import type { ProbeDefinition } from './definition.ts'
import { dns } from './dns.ts'
import { exec } from './exec.ts'
import { http } from './http.ts'
import { icmp } from './icmp.ts'
import { push } from './push.ts'
import { quorum } from './quorum.ts'
import { rtpEcho } from './rtp-echo.ts'
import { sipInvite } from './sip-invite.ts'
import { sipOptions } from './sip-options.ts'
import { sipRegister } from './sip-register.ts'
import { stun } from './stun.ts'
import { tcp } from './tcp.ts'
import { tls } from './tls.ts'

/** Every kind of probe, by the `type` it has in the configuration. */
export const probeDefinitions: ReadonlyMap<string, ProbeDefinition> = new Map(
  [
    sipOptions,
    sipRegister,
    sipInvite,
    rtpEcho,
    tcp,
    icmp,
    exec,
    stun,
    dns,
    tls,
    http,
    push,
    all,
    any,
    quorum,
  ].map((definition) => [definition.kind, definition as ProbeDefinition]),
)

/** Names of the probes that this one asks in its turn. */
export function membersOf(probe: Pick<ProbeSettings, 'kind' | 'options'>): readonly string[] {
  return probeDefinitions.get(probe.kind)?.members?.(probe.options) ?? []
}

/** These probes of a configuration, and those that they ask in their turn, to any depth. */
export function withMembers(
  names: Iterable<string>,
  probes: ReadonlyMap<string, Pick<ProbeSettings, 'kind' | 'options'>>,
): ReadonlySet<string> {
  const found = new Set(names)
  // A set that grows while it is walked is walked to its end.
  for (const name of found) {
    const probe = probes.get(name)
    if (probe !== undefined) for (const member of membersOf(probe)) found.add(member)
  }
  return found
}
