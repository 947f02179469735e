import { formatFault } from '../../src/config/fault.ts'
import { type ConfigContext, loadConfig } from '../../src/config/load.ts'
import type { Settings } from '../../src/core/settings.ts'

/** A configuration without a fault, to break in one place at a time. */
export const SOUND = `probes:
  options: { type: sip-options }
  tcp: { type: tcp }
pools:
  edge:
    policy: failover
    probes: [options, tcp]
    targets:
      sip1: { address: 192.0.2.11 }
      sip2: { address: 192.0.2.12 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    answers:
      - { name: _sip._udp, type: SRV, pool: edge }
`

export type Extra = Partial<ConfigContext>

function load(text: string, extra: Extra) {
  return loadConfig(
    { file: 'c.yaml', text },
    { env: {}, hostname: 'host.example', baseDir: '/etc/sipvane', ...extra },
  )
}

/** Throws with the faults where there are any. */
export function settingsOf(text: string, extra: Extra = {}): Settings {
  const loaded = load(text, extra)
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'))
  return loaded.settings
}

export function warningsOf(text: string, extra: Extra = {}): string[] {
  const loaded = load(text, extra)
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'))
  return loaded.warnings.map(formatFault)
}

/** Each fault as a person sees it; empty where there is none. */
export function faultsOf(text: string, extra: Extra = {}): string[] {
  const loaded = load(text, extra)
  return loaded.ok ? [] : loaded.faults.map(formatFault)
}

/** `SOUND` with one piece replaced; throws where the piece is not there, or is there twice. */
export function soundWith(piece: string, by: string): string {
  if (SOUND.split(piece).length !== 2) throw new Error(`"${piece}" stands not exactly once`)
  return SOUND.replace(piece, () => by)
}
