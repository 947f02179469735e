import type { DomainName } from '../../core/brand.ts'
import { isWithin } from '../../wire/dns/name.ts'
import type { Change, CurrentSet } from '../providers/definition.ts'
import { ProviderError } from '../providers/error.ts'
import { markedSet, Owners } from './marks.ts'
import { rrsetKey } from './sets.ts'
import type { Wanted } from './wanted.ts'

/** What makes an API show nothing for a moment lasts longer than a moment of ours. */
const AGAIN_MS = 5_000

/**
 * Doubts a reading in which most of what is ours is missing all at once: an API that shows an empty zone for a moment must not make
 * everything be created anew, nor its sets be taken for nobody's.
 *
 * | of our sets, missing | the reading before was doubted | then                            |
 * |----------------------|--------------------------------|---------------------------------|
 * | a half at most       | either                         | believed: somebody's hand       |
 * | more                 | no                             | an error: read again            |
 * | more                 | yes                            | believed: two say the same      |
 *
 * Nothing is known before the first reading, so that one is believed: every provider refuses to create what is there.
 */
export class Doubt {
  readonly #owner: string
  readonly #marks: 'txt' | 'inline'
  /** Our RRsets, as they were last believed or made. */
  #ours: ReadonlyMap<string, DomainName> = new Map()
  #doubted = false

  constructor({ owner, marks }: { readonly owner: string; readonly marks: 'txt' | 'inline' }) {
    this.#owner = owner
    this.#marks = marks
  }

  /** A reading. Throws `ProviderError` where it is not to be believed yet. */
  weigh(current: readonly CurrentSet[], { origins }: Wanted): void {
    const now = this.#oursOf(current)
    const before = [...this.#ours].filter(([, name]) => isWithin(name, origins))
    const missing = before.filter(([key]) => !now.has(key)).length
    if (missing * 2 > before.length && !this.#doubted) {
      this.#doubted = true
      throw new ProviderError(
        'failed',
        `${missing} of our ${before.length} record sets are missing all at once: read again before that is believed`,
        { retryAfterMs: AGAIN_MS },
      )
    }
    this.#doubted = false
    this.#ours = now
  }

  /** What the zone is after a change of ours. */
  made(current: readonly CurrentSet[]): void {
    this.#ours = this.#oursOf(current)
  }

  /** Changes that may have been made all the same: what they take away is no wonder. */
  mayBeMade(changes: readonly Change[]): void {
    const left = new Map(this.#ours)
    for (const change of changes) if (change.after === undefined) left.delete(rrsetKey(change))
    this.#ours = left
  }

  #oursOf(current: readonly CurrentSet[]): ReadonlyMap<string, DomainName> {
    const owners = new Owners(current, this.#owner, this.#marks)
    const isMark = ({ name }: CurrentSet) => this.#marks === 'txt' && markedSet(name) !== undefined
    const ours = current.filter((set) => !isMark(set) && owners.of(set.name, set.type).by === 'us')
    return new Map(ours.map((set) => [rrsetKey(set), set.name]))
  }
}
