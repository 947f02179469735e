import type { Settings } from '../core/settings.ts'
import { membersOf } from '../probes/registry.ts'

/** These probes, and those that they ask in their turn, to any depth. */
export function withMembers(names: Iterable<string>, settings: Settings): ReadonlySet<string> {
  const found = new Set(names)
  // A set that grows while it is walked is walked to its end.
  for (const name of found) {
    const probe = settings.probes.get(name)
    if (probe !== undefined) for (const member of membersOf(probe)) found.add(member)
  }
  return found
}
