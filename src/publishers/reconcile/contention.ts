import type { PlannedChange } from './plan.ts'
import { recordsKey, setKey } from './sets.ts'

/** So many reverts in a row are no slip of somebody's hand. */
const TIMES = 3
/** Reverts further apart than this have nothing to do with each other. */
const WITHIN_MS = 3_600_000
const FIRST_HOLD_MS = 900_000
const LONGEST_HOLD_MS = 3_600_000

export interface Contended {
  /** Reverts in a row. */
  readonly times: number
  /** Epoch milliseconds: until then what was reverted is left as it is. */
  readonly untilMs: number
}

/**
 * Notices when somebody with our own mark keeps putting back what we write: another instance with the same `owner` that sees
 * health otherwise. Two that both mend for ever would move all calls to and fro at every resync.
 *
 * | revert in a row | what becomes of it                  |
 * |-----------------|-------------------------------------|
 * | 1, 2            | mended at once                      |
 * | 3               | mended after 15 minutes             |
 * | 4               | after 30                            |
 * | 5 and more      | after an hour                       |
 *
 * A decision of our own ends the wait: it is news, not an echo.
 */
export class Contention {
  /** By set: what was there before our last change of it. */
  readonly #replaced = new Map<string, string>()
  #times = 0
  /** Epoch milliseconds of the last revert, or of the end of its wait. */
  #lastMs = Number.NEGATIVE_INFINITY
  #contended: Contended | undefined

  applied(batch: readonly PlannedChange[]): void {
    for (const change of batch)
      if (!change.isMark) this.#replaced.set(keyOf(change), contentOf(change.before))
  }

  /** Of changes that would mend drift: those of sets that are again what we replaced. */
  reverted(changes: readonly PlannedChange[]): readonly PlannedChange[] {
    return changes.filter(
      (change) => !change.isMark && this.#replaced.get(keyOf(change)) === contentOf(change.before),
    )
  }

  /** A revert was found. Gives back what to do about it where that is to wait. */
  note(nowMs: number): Contended | undefined {
    if (nowMs - this.#lastMs > WITHIN_MS) this.#times = 0
    this.#times += 1
    const over = this.#times - TIMES
    const holdMs = over < 0 ? 0 : Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** Math.min(over, 10))
    this.#lastMs = nowMs + holdMs
    this.#contended = holdMs === 0 ? undefined : { times: this.#times, untilMs: nowMs + holdMs }
    return this.#contended
  }

  /** What is waited for now. */
  at(nowMs: number): Contended | undefined {
    return this.#contended !== undefined && nowMs < this.#contended.untilMs ? this.#contended : undefined
  }

  release(): void {
    this.#contended = undefined
  }
}

function keyOf({ name, type, before, after }: PlannedChange): string {
  return setKey(after ?? before ?? { name, type })
}

/** Empty: nothing was there. */
function contentOf(set: PlannedChange['before']): string {
  return set === undefined ? '' : `${set.ttl} ${set.variant?.weight ?? ''} ${recordsKey(set.records)}`
}
