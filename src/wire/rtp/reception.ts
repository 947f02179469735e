/** RFC 3550 appendix A.1: a jump beyond these is a source that began anew, not loss or reordering. */
const MAX_DROPOUT = 3000
const MAX_MISORDER = 100
const SEQUENCES = 0x10000

export interface ReceptionReport {
  /** Packets of the source, doubled ones left out. */
  readonly received: number
  readonly duplicates: number
  /** By the extended sequence numbers, first to highest (RFC 3550 appendix A.3). */
  readonly expected: number
  /** Of those expected; never below 0. */
  readonly lost: number
  /** Interarrival jitter (RFC 3550 section 6.4.1), in the unit of the times given. */
  readonly jitter: number
}

/** What one source's packets tell of the path. Pure: times come with the packets. */
export class Reception {
  #base = 0
  #highest = 0
  #cycles = 0
  #jumpTo: number | undefined
  #received = 0
  #duplicates = 0
  /** Extended numbers of the last packets, to tell doubled ones. */
  readonly #recent = new Set<number>()
  /** Expected and received before the source began anew. */
  #expectedBefore = 0
  #transit: number | undefined
  #jitter = 0

  /**
   * A packet that came in. `sentAt` and `arrivedAt` are in one unit, whose zero points may differ: only differences between packets count.
   * `sentAt` is the packet's RTP timestamp, or its time of sending where that is known better.
   */
  add(sequence: number, sentAt: number, arrivedAt: number): void {
    if (this.#received === 0) this.#begin(sequence)
    const extended = this.#extend(sequence)
    if (extended === undefined) return
    if (this.#recent.has(extended)) {
      this.#duplicates++
      return
    }
    this.#remember(extended)
    this.#received++
    this.#updateJitter(arrivedAt - sentAt)
  }

  report(): ReceptionReport {
    const expected = this.#expectedBefore + (this.#received === 0 ? 0 : this.#span())
    return {
      received: this.#received,
      duplicates: this.#duplicates,
      expected,
      lost: Math.max(0, expected - this.#received),
      jitter: this.#jitter,
    }
  }

  #begin(sequence: number): void {
    this.#base = sequence
    this.#highest = sequence
    this.#cycles = 0
    this.#jumpTo = undefined
    this.#recent.clear()
  }

  #span(): number {
    return this.#cycles + this.#highest - this.#base + 1
  }

  /** RFC 3550 appendix A.1, update_seq; undefined for a packet that does not count yet. */
  #extend(sequence: number): number | undefined {
    const ahead = (sequence - this.#highest + SEQUENCES) % SEQUENCES
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES
      this.#highest = sequence
      this.#jumpTo = undefined
      return this.#cycles + sequence
    }
    if (ahead > SEQUENCES - MAX_MISORDER) {
      // Late, perhaps from before the numbers wrapped.
      return sequence > this.#highest ? this.#cycles - SEQUENCES + sequence : this.#cycles + sequence
    }
    // Two in line after a jump: the source began anew. One alone is a stray.
    if (sequence !== this.#jumpTo) {
      this.#jumpTo = (sequence + 1) % SEQUENCES
      return undefined
    }
    this.#expectedBefore += this.#span()
    this.#begin(sequence)
    return sequence
  }

  #remember(extended: number): void {
    this.#recent.add(extended)
    if (this.#recent.size <= 2 * MAX_MISORDER) return
    for (const oldest of this.#recent) {
      this.#recent.delete(oldest)
      break
    }
  }

  /** J += (|D| - J) / 16, D the change of the transit time from one packet to the next in order of arrival. */
  #updateJitter(transit: number): void {
    if (this.#transit !== undefined) this.#jitter += (Math.abs(transit - this.#transit) - this.#jitter) / 16
    this.#transit = transit
  }
}
