import { isDeepStrictEqual } from 'node:util'
import type { DomainName } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
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
  for (const [origin, zone] of zones) {
    const before = previous?.zones.get(origin)
    kept.set(origin, before !== undefined && sameZone(before, zone) ? before : zone)
  }
  const moved =
    previous === undefined ||
    previous.zones.size !== kept.size ||
    [...kept].some(([origin, zone]) => previous.zones.get(origin) !== zone)
  return Object.freeze({
    generation: (previous?.generation ?? 0) + (moved ? 1 : 0),
    atMs: nowMs,
    zones: moved ? kept : previous.zones,
    decisions: new Map(decisions),
  })
}

/** Whether two zones of one name say the same, to the last remark. */
export function sameZone(a: Zone, b: Zone): boolean {
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
