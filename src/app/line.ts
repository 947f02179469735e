import { PACE_TOLERANCE_MS, Pace } from './pace.ts'
import { type Contender, LONGEST_WAIT_MS, mayAsk, spacingMs } from './turn.ts'

export interface InLine extends Contender {
  /** It stands back for who leads the line. */
  waits: boolean
}

/** The watches of one target (or of the hosts that are asked in its place), in line for four requests a second. Times in milliseconds. */
export class Line<Member extends InLine> {
  readonly pace = new Pace()
  readonly #members: Member[] = []

  join(member: Member): void {
    this.#members.push(member)
  }

  /** What it waited for, and who waits for it, is over. */
  leave(member: Member): void {
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
    member.waits = false
  }

  /** The earliest time, not before `fromMs`, at which the pace has room for what its next question is likely to send. */
  freeMs(member: Member, fromMs: number): number {
    const { requests, expected } = member
    // One that asks nobody needs none.
    if (requests === 0) return fromMs
    return this.pace.earliestMs(fromMs, requests * expected, spacingMs(member))
  }

  /** When `member` is to look again before it may ask; undefined: it may ask now. */
  keptUntilMs(member: Member, nowMs: number): number | undefined {
    const freeMs = this.freeMs(member, nowMs)
    if (freeMs - nowMs > PACE_TOLERANCE_MS) return freeMs
    member.waits = this.#members.length > 1 && !mayAsk(member, this.#members, this.pace, nowMs)
    if (!member.waits) return undefined
    const longestMs = member.wishMs + LONGEST_WAIT_MS
    // Past that it waits for another that has waited as long, and asks within the second that the pace looks back.
    return longestMs > nowMs ? longestMs : nowMs + 1000
  }

  /** Those that wait: to be told of each question that begins or ends, and to look again. They wait no more. */
  released(): readonly Member[] {
    let released: Member[] | undefined
    for (const member of this.#members) {
      if (!member.waits) continue
      member.waits = false
      released ??= []
      released.push(member)
    }
    return released ?? NOBODY
  }
}

const NOBODY: readonly never[] = []
