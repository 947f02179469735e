import type { DomainName } from '../../core/brand.ts'
import { difference } from '../../core/paged-map.ts'
import type { Snapshot, Zone } from '../../core/snapshot.ts'
import { encodeName, labelsOf, parentOf } from '../../wire/dns/name.ts'
import type { Resolve } from './alias.ts'
import { compileZone } from './compile-zone.ts'
import { Directory } from './image/directory.ts'
import { Epochs } from './image/epochs.ts'
import { segmentOf } from './image/layout.ts'
import { ImageMemory } from './image/memory.ts'
import { hashName } from './image/names.ts'
import { ImageView, type SharedImages } from './image/view.ts'
import { ImageWriter } from './image/writer.ts'
import { ZoneLinks } from './links.ts'
import { ZoneTree } from './tree.ts'

/** The word in `zones.*.publish` that stands for this publisher. */
export const PUBLISHER_NAME = 'dns'

/** Record sets that are compiled before the event loop gets a turn: some ten milliseconds' worth. */
const SLICE_SETS = 4_000

export interface StoreDeps {
  /** Threads that read beside this one. Default none. */
  readonly readers?: number
  /** Tells the readers of memory that they do not know, before they are led there. */
  readonly onLayout?: (shared: SharedImages) => void
  /** Runs the next slice of a large change. Absent: all at once. */
  readonly defer?: (next: () => void) => void
}

/** Where a zone lies now. */
interface Placed {
  readonly zone: Zone
  readonly address: number
  readonly octets: number
  readonly hash: number
  readonly labels: number
}

/**
 * The answers of all zones, as images in shared memory. Only zones that moved are compiled, off the path of any query; a zone goes over
 * from its old answers to its new ones by one word. Before the zone that an alias leads to moves, so does the zone of the alias.
 */
export class AnswerStore {
  readonly epochs: Epochs
  /** This thread's sight of it. */
  readonly view: ImageView
  readonly #deps: StoreDeps
  readonly #memory = new ImageMemory()
  readonly #writer = new ImageWriter()
  readonly #links = new ZoneLinks()
  readonly #placed = new Map<DomainName, Placed>()
  /** Freed when every reader has entered the version. */
  readonly #retired: { readonly version: number; readonly free: () => void }[] = []
  #directory = Directory.sized(0)
  #wanted: ReadonlyMap<DomainName, Zone> = new Map()
  #dirty = new Set<DomainName>()
  #deferred = false

  constructor(deps: StoreDeps = {}) {
    this.#deps = deps
    this.epochs = Epochs.forReaders(deps.readers ?? 0)
    this.view = new ImageView(this.shared())
  }

  shared(): SharedImages {
    return { directory: this.#directory.memory, segments: [...this.#memory.segments] }
  }

  /** Zones served, octets of shared memory, and zones that are still to be compiled. */
  get size(): { readonly zones: number; readonly octets: number; readonly pending: number } {
    return { zones: this.#placed.size, octets: this.#memory.octets, pending: this.#dirty.size }
  }

  /**
   * Serves the zones of `snapshot` that name this publisher. A small change is in force on return, a large one zone by zone in the turns to
   * come (`finish` waits for none); a snapshot that comes meanwhile takes its place.
   */
  publish(snapshot: Snapshot): void {
    const { zones } = snapshot
    const { changed, gone } = difference(this.#wanted, zones)
    this.#wanted = zones
    const moved = new Set<DomainName>()
    for (const origin of [...changed, ...gone]) {
      if (this.#placed.get(origin)?.zone !== this.#wantedAt(origin)) moved.add(origin)
    }
    for (const origin of this.#links.leadingTo(moved)) {
      if (this.#wantedAt(origin) !== undefined) moved.add(origin)
    }
    for (const origin of this.#dirty) moved.add(origin)
    this.#dirty = moved
    this.#makeRoom(zones.size)
    this.#work(SLICE_SETS)
  }

  /** Compiles now what is left of a large change. */
  finish(): void {
    if (this.#dirty.size > 0) this.#work(Number.POSITIVE_INFINITY)
  }

  #wantedAt(origin: DomainName): Zone | undefined {
    const zone = this.#wanted.get(origin)
    return zone !== undefined && isServed(zone) ? zone : undefined
  }

  #work(limit: number): void {
    const trees = new Map<DomainName, ZoneTree>()
    let sets = 0
    for (const origin of this.#dirty) {
      if (sets >= limit && this.#deps.defer !== undefined) break
      this.#dirty.delete(origin)
      const zone = this.#wantedAt(origin)
      if (zone === undefined) this.#remove(origin)
      else {
        sets += zone.sets.length
        this.#place(zone, trees)
      }
    }
    this.epochs.announce()
    this.#reclaim()
    if (this.#dirty.size > 0 && !this.#deferred) {
      this.#deferred = true
      this.#deps.defer?.(() => {
        this.#deferred = false
        this.#work(SLICE_SETS)
      })
    }
  }

  #place(zone: Zone, trees: Map<DomainName, ZoneTree>): void {
    const { origin } = zone
    const targets: DomainName[] = []
    const words = this.#writer.write(
      compileZone(zone, this.#tree(zone, trees), this.#resolver(trees, targets)),
    )
    this.#links.set(origin, targets)
    const octets = words.length * 4
    const address = this.#memory.allocate(octets)
    // Nobody is led to a segment before being told of it.
    if (!this.view.knows(segmentOf(address), this.#memory.segments)) this.#tellLayout()
    this.#memory.write(address, words)
    const before = this.#placed.get(origin)
    const name = encodeName(origin)
    const placed = { zone, address, octets, hash: hashName(name), labels: labelsOf(origin).length }
    this.#directory.put(placed.hash, placed.labels, address, before?.address ?? 0)
    this.#placed.set(origin, placed)
    if (before !== undefined) this.#retire(before)
  }

  #remove(origin: DomainName): void {
    const placed = this.#placed.get(origin)
    if (placed === undefined) return
    this.#directory.remove(placed.hash, placed.labels, placed.address)
    this.#placed.delete(origin)
    this.#links.set(origin, [])
    this.#retire(placed)
  }

  #retire({ address, octets }: Placed): void {
    const free = () => {
      const number = this.#memory.release(address, octets)
      if (number === undefined) return
      // A segment of its own: its number may mean another only when nobody knows the old one any more.
      this.#tellLayout()
      this.#retired.push({ version: this.epochs.version + 1, free: () => this.#memory.vacate(number) })
      this.epochs.announce()
    }
    this.#retired.push({ version: this.epochs.version + 1, free })
  }

  #reclaim(): void {
    const { oldest } = this.epochs
    const ready = this.#retired.findIndex(({ version }) => version > oldest)
    for (const { free } of this.#retired.splice(0, ready < 0 ? this.#retired.length : ready)) free()
  }

  /**
   * A new directory where the present one is too full: zones that come are put in before those that go are taken out, and a slot that a
   * zone has left stays spent. At the worst three of four are taken then, and a look-up still finds an empty one soon.
   */
  #makeRoom(zones: number): void {
    const most = Math.max(this.#directory.taken, zones) + zones
    if (most * 4 <= this.#directory.capacity * 3) return
    const next = Directory.sized(Math.max(zones, this.#placed.size))
    for (const { hash, labels, address } of this.#placed.values()) next.put(hash, labels, address, 0)
    this.#directory = next
    this.#tellLayout()
  }

  #tellLayout(): void {
    const shared = this.shared()
    this.view.follow(shared)
    this.#deps.onLayout?.(shared)
    this.epochs.moved()
  }

  #tree(zone: Zone, trees: Map<DomainName, ZoneTree>): ZoneTree {
    const tree = trees.get(zone.origin) ?? new ZoneTree(zone)
    trees.set(zone.origin, tree)
    return tree
  }

  /** The zone with the longest apex that holds a name (RFC 1034 section 4.3.2, step 2); notes what was asked for. */
  #resolver(trees: Map<DomainName, ZoneTree>, targets: DomainName[]): Resolve {
    return (name) => {
      targets.push(name)
      for (let at: DomainName | undefined = name; at !== undefined; at = parentOf(at)) {
        const zone = this.#wantedAt(at)
        if (zone === undefined) continue
        const tree = this.#tree(zone, trees)
        return { tree, found: tree.find(name) }
      }
      return undefined
    }
  }
}

function isServed({ publish }: Zone): boolean {
  return publish.includes(PUBLISHER_NAME)
}
