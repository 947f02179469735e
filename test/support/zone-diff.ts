import type { RecordSet } from '../../src/core/records.ts'
import type { Zone } from '../../src/core/snapshot.ts'
import { contentOf } from '../../src/zone/content.ts'
import { setKey } from '../../src/zone/static.ts'

/** Record sets in the zone's own order. */
export interface ZoneDiff {
  readonly created: readonly RecordSet[]
  /** As they are after the change. */
  readonly updated: readonly RecordSet[]
  /** As they were. */
  readonly deleted: readonly RecordSet[]
}

/** What turns `before` into `after`. An SOA whose serial alone moved is no change: it moves with every other one. */
export function diffZones(before: Zone | undefined, after: Zone | undefined): ZoneDiff {
  const old = byKey(before)
  const fresh = byKey(after)
  const created: RecordSet[] = []
  const updated: RecordSet[] = []
  for (const [key, set] of fresh) {
    const was = old.get(key)
    if (was === undefined) created.push(set)
    else if (contentOf(was) !== contentOf(set)) updated.push(set)
  }
  return { created, updated, deleted: [...old].filter(([key]) => !fresh.has(key)).map(([, set]) => set) }
}

function byKey(zone: Zone | undefined): Map<string, RecordSet> {
  return new Map((zone?.sets ?? []).map((set) => [setKey(set.name, set.type), set]))
}
