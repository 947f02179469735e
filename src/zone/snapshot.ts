import { isDeepStrictEqual } from 'node:util'
import type { DomainName } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import { PagedMap } from '../core/paged-map.ts'
import type { Snapshot, Zone } from '../core/snapshot.ts'

/**
 * Puts zones together. A zone that says what its predecessor said is the same object again, so publishers see by identity what moved.
 * The generation moves when any zone does.
 */
export function buildSnapshot(
  zones: ReadonlyMap<DomainName, Zone>,
  decisions: ReadonlyMap<string, Decision>,
  previous: Snapshot | undefined,
  nowMs: number,
): Snapshot {
  const kept = new Map<DomainName, Zone>()
  let moved = previous?.zones.size !== zones.size
  for (const [origin, zone] of zones) {
    const before = previous?.zones.get(origin)
    const same = before !== undefined && sameZone(before, zone)
    kept.set(origin, same ? before : zone)
    if (!same) moved = true
  }
  return Object.freeze({
    generation: (previous?.generation ?? 0) + (moved ? 1 : 0),
    atMs: nowMs,
    zones: moved || previous === undefined ? PagedMap.of(kept) : previous.zones,
    decisions: PagedMap.of(decisions),
  })
}

/**
 * The successor of a snapshot in which some of its zones were built anew; undefined where none of them says anything new. Costs by what
 * moved, not by what stays.
 */
export function succeed(
  previous: Snapshot,
  rebuilt: ReadonlyMap<DomainName, Zone>,
  decisions: ReadonlyMap<string, Decision>,
  nowMs: number,
): Snapshot | undefined {
  const moved = new Map<DomainName, Zone>()
  for (const [origin, zone] of rebuilt) {
    const before = previous.zones.get(origin)
    if (before === undefined || !sameZone(before, zone)) moved.set(origin, zone)
  }
  if (moved.size === 0) return undefined
  return Object.freeze({
    generation: previous.generation + 1,
    atMs: nowMs,
    zones: PagedMap.of(previous.zones).with(moved),
    decisions: PagedMap.of(decisions),
  })
}

/** Whether two zones of one name say the same, to the last remark. */
function sameZone(a: Zone, b: Zone): boolean {
  return (
    a.contentHash === b.contentHash &&
    a.serial === b.serial &&
    a.publish.length === b.publish.length &&
    a.publish.every((publisher, index) => publisher === b.publish[index]) &&
    // Equal content is sorted alike.
    a.sets.every((set, index) => set.mode === b.sets[index]?.mode) &&
    isDeepStrictEqual(a.bases, b.bases)
  )
}
