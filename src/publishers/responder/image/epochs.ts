/** Words of the control block; a reader's own word follows them. */
const VERSION = 0
const LAYOUT = 1
const STOP = 2
const SEEN = 3

/** A reader that will not read any more. */
const NEVER = 0x7fffffff

/**
 * What the thread that writes images and those that read them tell each other, without locks: when the writer has changed something, and
 * when every reader has gone on since, so that memory which held the old answers can hold others.
 *
 * A reader calls `enter` before each batch of queries and reads only until the next one. Memory that was taken out of the directory before
 * version `n` was announced is nobody's when all readers have entered `n`.
 */
export class Epochs {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  /** For as many readers at most; none has come yet. */
  static forReaders(readers: number): Epochs {
    const epochs = new Epochs(new SharedArrayBuffer((SEEN + readers) * 4))
    for (let reader = 0; reader < readers; reader++) epochs.leave(reader)
    return epochs
  }

  /** 0 before anything is published. */
  get version(): number {
    return Atomics.load(this.#words, VERSION)
  }

  announce(): void {
    Atomics.add(this.#words, VERSION, 1)
  }

  /** The lowest version that any reader may still be at. */
  get oldest(): number {
    let oldest = NEVER
    for (let i = SEEN; i < this.#words.length; i++) oldest = Math.min(oldest, Atomics.load(this.#words, i))
    return oldest
  }

  /** A reader begins a batch at a version that it has read before it looked for mail; it holds nothing of the batch before. */
  enter(reader: number, version: number): void {
    Atomics.store(this.#words, SEEN + reader, version)
  }

  /** The reader holds nothing, until it enters again. */
  leave(reader: number): void {
    Atomics.store(this.#words, SEEN + reader, NEVER)
  }

  /** Counts how often memory was added or moved: a reader that finds another number than its own has mail. */
  get layout(): number {
    return Atomics.load(this.#words, LAYOUT)
  }

  /** To be called when the mail is posted. */
  moved(): void {
    Atomics.add(this.#words, LAYOUT, 1)
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1)
  }
}
