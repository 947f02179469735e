import { addressOf, GRANULE, MAX_SEGMENTS, octetOf, SEGMENT_OCTETS, segmentOf } from './layout.ts'

/** Small enough that an instance with one zone costs nothing, grown in steps: the first segments are smaller than the later ones. */
const FIRST_SEGMENT_OCTETS = 256 * 1024
const LATER_SEGMENT_OCTETS = 4 * 1024 * 1024

/** Sizes of a doubling: a block is at most an eighth larger than what it is asked for, and freed blocks fit others again. */
const STEPS = 8

/**
 * Shared memory for images, dealt out by one thread. Blocks come in classes of size; one that is freed goes to the next image of its
 * class, and images above half a segment get a segment to themselves, which is given back to the system.
 */
export class ImageMemory {
  readonly segments: (SharedArrayBuffer | undefined)[] = []
  readonly #free = new Map<number, number[]>()
  #current = -1
  /** The first granule of a segment stays unused: address 0 is nowhere. */
  #used = GRANULE
  /** Segments whose number is free again. */
  readonly #vacant: number[] = []

  /** Octets of all segments. */
  get octets(): number {
    return this.segments.reduce((sum, segment) => sum + (segment?.byteLength ?? 0), 0)
  }

  /** Room for an image of `octets`. Throws `RangeError` when there are no more segments to be had. */
  allocate(octets: number): number {
    const size = sizeClass(octets)
    if (isAlone(size)) return addressOf(this.#open(size + GRANULE), GRANULE)
    const freed = this.#free.get(size)?.pop()
    if (freed !== undefined) return freed
    const current = this.segments[this.#current]
    if (current === undefined || this.#used + size > current.byteLength) {
      const first = this.#current < 0
      this.#current = this.#open(
        Math.max(first ? FIRST_SEGMENT_OCTETS : LATER_SEGMENT_OCTETS, size + GRANULE),
      )
      this.#used = GRANULE
    }
    const address = addressOf(this.#current, this.#used)
    this.#used += size
    return address
  }

  /**
   * Takes back what `allocate` gave for `octets`; nobody may be reading there any more. Where that ends a segment, returns its number,
   * which is to be given to `vacate` when nobody takes it for the old one any more.
   */
  release(address: number, octets: number): number | undefined {
    const size = sizeClass(octets)
    if (isAlone(size)) {
      this.segments[segmentOf(address)] = undefined
      return segmentOf(address)
    }
    const freed = this.#free.get(size)
    if (freed === undefined) this.#free.set(size, [address])
    else freed.push(address)
    return undefined
  }

  vacate(segment: number): void {
    this.#vacant.push(segment)
  }

  write(address: number, words: Int32Array): void {
    const segment = this.segments[segmentOf(address)]
    if (segment === undefined) throw new Error('an address without a segment')
    new Int32Array(segment, octetOf(address), words.length).set(words)
  }

  #open(octets: number): number {
    const index = this.#vacant.pop() ?? this.segments.length
    if (index >= MAX_SEGMENTS) throw new RangeError('no memory is left that an address can name')
    this.segments[index] = new SharedArrayBuffer(octets)
    return index
  }
}

/** The octets that a block for `octets` really has. */
function sizeClass(octets: number): number {
  const granules = Math.max(1, Math.ceil(octets / GRANULE))
  const step = 2 ** Math.max(0, Math.floor(Math.log2(granules)) - Math.log2(STEPS))
  return Math.ceil(granules / step) * step * GRANULE
}

/** Whether a block of this size has a segment to itself. */
function isAlone(size: number): boolean {
  return size > LATER_SEGMENT_OCTETS / 2
}

/** Every block lies where an address can name it. */
if (LATER_SEGMENT_OCTETS > SEGMENT_OCTETS) throw new Error('segments reach beyond their addresses')
