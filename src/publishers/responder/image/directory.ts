import { MAX_LABELS } from '../../../wire/dns/query.ts'

/** Words before the slots: how many slots less one, then for each count of labels how many apexes have as many. */
const DEPTHS = 1
const SLOTS = 2 + MAX_LABELS

/** A slot's second word where a zone was and is no more: look further. */
const GONE = -1

/**
 * The shared table of zones: by the hash of an apex, where its image lies. One thread writes, all read, at any time: a slot's address is
 * one word, so a reader sees a zone's old image or its new one and nothing between.
 */
export class Directory {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #mask: number
  #taken = 0

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#mask = this.#words[0] ?? 0
  }

  /** An empty table with room for `zones`, a quarter full at most when it holds them. */
  static sized(zones: number): Directory {
    let capacity = 64
    while (capacity < zones * 4) capacity *= 2
    const memory = new SharedArrayBuffer((SLOTS + capacity * 2) * 4)
    new Int32Array(memory)[0] = capacity - 1
    return new Directory(memory)
  }

  /** Slots in all. */
  get capacity(): number {
    return this.#mask + 1
  }

  /** Slots that hold a zone, or held one and stay spent; known to the thread that writes. */
  get taken(): number {
    return this.#taken
  }

  /** Whether some apex has this many labels. Most counts need no look-up at all. */
  hasDepth(labels: number): boolean {
    return (this.#words[DEPTHS + labels] ?? 0) > 0
  }

  /** Where to look first for this hash. */
  firstSlot(hash: number): number {
    return hash & this.#mask
  }

  nextSlot(slot: number): number {
    return (slot + 1) & this.#mask
  }

  /** The address in a slot of this hash; 0: there is none, nor further on; negative: look further. */
  at(slot: number, hash: number): number {
    // The address first: whoever wrote it had written the hash before.
    const address = Atomics.load(this.#words, SLOTS + slot * 2 + 1)
    if (address <= 0) return address
    return this.#words[SLOTS + slot * 2] === hash ? address : GONE
  }

  /**
   * Puts a zone of `labels` labels in, or another address for it in place of `before`. One slot stays empty, for a look-up of what is not
   * there ends at one: throws where it would be taken.
   */
  put(hash: number, labels: number, address: number, before: number): void {
    if (before > 0) {
      Atomics.store(this.#words, SLOTS + this.#slotOf(hash, before) * 2 + 1, address)
      return
    }
    if (this.#taken === this.#mask) throw new Error('the directory is full')
    this.#taken++
    let slot = this.firstSlot(hash)
    while (Atomics.load(this.#words, SLOTS + slot * 2 + 1) !== 0) slot = this.nextSlot(slot)
    Atomics.store(this.#words, SLOTS + slot * 2, hash)
    Atomics.store(this.#words, SLOTS + slot * 2 + 1, address)
    Atomics.add(this.#words, DEPTHS + labels, 1)
  }

  /** Takes a zone out. Its slot stays spent: a reader may be on its way through it. */
  remove(hash: number, labels: number, address: number): void {
    Atomics.store(this.#words, SLOTS + this.#slotOf(hash, address) * 2 + 1, GONE)
    Atomics.sub(this.#words, DEPTHS + labels, 1)
  }

  #slotOf(hash: number, address: number): number {
    for (let slot = this.firstSlot(hash); ; slot = this.nextSlot(slot)) {
      const found = this.at(slot, hash)
      if (found === address) return slot
      if (found === 0) throw new Error('the directory does not hold this zone')
    }
  }
}
