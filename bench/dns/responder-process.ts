/**
 * A responder alone, in a process of its own, whose zones change on command: the path from a snapshot to the wire without a monitor before
 * it.
 */

import type { DomainName } from '../../src/core/brand.ts'
import { PagedMap } from '../../src/core/paged-map.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { Snapshot, Zone } from '../../src/core/snapshot.ts'
import { createResponder } from '../../src/publishers/responder/responder.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { snapshotOf, zoneOf } from '../../test/support/dns-zone.ts'
import { MASTER_FILE, zoneName } from './zones.ts'

/** Change these zones to this version: the last octet of their apex's address. */
export interface Change {
  readonly zones: readonly number[] | 'all'
  readonly version: number
}

export type Said =
  | { readonly kind: 'ready'; readonly port: number; readonly buildMs: number }
  /** `atNs`: when the snapshot was handed over, on the system's monotonic clock; `tookMs`: until `publish` returned. */
  | { readonly kind: 'changed'; readonly version: number; readonly atNs: string; readonly tookMs: number }

const count = Number(process.argv[2] ?? 1)
const say = (said: Said) => {
  // Whoever asked may be gone by now.
  if (process.connected) process.send?.(said, undefined, undefined, () => {})
}

/** Parsed once: a zone of another name says the same of its own names. */
const sample = zoneOf('sample.test.', MASTER_FILE)
let zones = PagedMap.of(new Map(Array.from({ length: count }, (_, index) => at(index, 11))))

const responder = createResponder(
  { listen: [{ address: '127.0.0.1', port: 0 }], workers: 1, io: 'batch' },
  { logger: silentLogger, random: { next: Math.random } },
)
const began = performance.now()
responder.publish(snapshot())
await responder.listen()
say({ kind: 'ready', port: responder.addresses()[0]?.port ?? 0, buildMs: performance.now() - began })

process.on('message', (change: Change) => {
  const indexes = change.zones === 'all' ? Array.from({ length: count }, (_, index) => index) : change.zones
  zones = zones.with(new Map(indexes.map((index) => at(index, change.version))))
  const next = snapshot()
  const atNs = process.hrtime.bigint()
  responder.publish(next)
  const tookMs = Number(process.hrtime.bigint() - atNs) / 1e6
  say({ kind: 'changed', version: change.version, atNs: String(atNs), tookMs })
})
process.on('disconnect', () => process.exit(0))

function snapshot(): Snapshot {
  return { ...snapshotOf(), zones }
}

/** A zone in a version of it. */
function at(index: number, version: number): readonly [DomainName, Zone] {
  const origin = canonicalName(`${zoneName(index)}.`)
  const moved = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('sample.test.', origin)) as T
  const sets = moved(sample.sets).map((set) =>
    set.name === origin && set.type === 'A'
      ? { ...set, records: [{ type: 'A' as const, address: `192.0.2.${version}` }] }
      : set,
  )
  return [origin, { ...sample, origin, sets, contentHash: `${index} ${version}` }]
}
