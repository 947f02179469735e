import type { DomainName } from '../../core/brand.ts'
import { parentOf, ROOT } from './name.ts'

/** A pointer has 14 bits for its target (RFC 1035 section 4.1.4). */
const POINTER_LIMIT = 0x4000

/** A question may turn out up to this much longer than the one a message was written for (see `BodyWriter`). */
const SHIFT_LIMIT = 255

/** Which names a message holds so far, and where: the targets that a compression pointer may have (RFC 1035 section 4.1.4). */
export class NameOffsets {
  readonly #offsets = new Map<DomainName, number>()

  /**
   * Notes that `name` begins at `offset`.
   * The first mention stays: a pointer must lead backwards (RFC 1035 section 4.1.4).
   */
  note(name: DomainName, offset: number): void {
    if (name === ROOT || offset + SHIFT_LIMIT >= POINTER_LIMIT || this.#offsets.has(name)) return
    this.#offsets.set(name, offset)
  }

  /** Offset of `name`, or undefined where it does not stand in the message (or too far back for a pointer). */
  find(name: DomainName): number | undefined {
    return this.#offsets.get(name)
  }
}

/** `name` and its suffixes down to, but without, the root; longest first. */
export function* suffixesOf(name: DomainName): Generator<DomainName> {
  for (let rest: DomainName | undefined = name; rest !== undefined && rest !== ROOT; rest = parentOf(rest))
    yield rest
}
