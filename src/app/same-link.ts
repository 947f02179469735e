import { isIP } from 'node:net'
import type { HealthState } from '../core/health.ts'
import type { Watch } from './roster.ts'

/**
 * Moves what is known of a link over to its new address. Where a probe asks reference hosts, the published address is nobody's to ask: a
 * provider that gives another one has mended nothing and broken nothing. Elsewhere another address is another server, of which nothing is
 * known.
 */
export function keepHealthOfLinks(
  health: Map<string, HealthState>,
  before: ReadonlyMap<string, Watch>,
  after: ReadonlyMap<string, Watch>,
): void {
  const gone = new Map<string, string>()
  for (const [key, watch] of before) if (!after.has(key)) gone.set(linkOf(watch), key)
  if (gone.size === 0) return
  for (const [key, watch] of after) {
    if (before.has(key) || watch.probe.destinations === undefined) continue
    const former = before.get(gone.get(linkOf(watch)) ?? '')
    const state = former === undefined ? undefined : health.get(former.key)
    if (state !== undefined && former?.target.source === watch.target.source) health.set(key, state)
  }
}

function linkOf({ target, probe, address }: Watch): string {
  return `${target.id} ${probe.name} ${isIP(address)}`
}
