import { PACE_TOLERANCE_MS, type Pace } from '../../src/app/pace.ts'
import { type Outcome, outcome, type ReasonCode } from '../../src/core/outcome.ts'
import type { Random } from '../../src/core/ports.ts'
import type { Budget } from '../../src/health/budget.ts'
import { LATE_ANSWER_MS } from '../../src/probes/transport/completed.ts'

/**
 * What a server does with a question. `silent`: it is dead, or hangs behind an open port. `impaired`: it answers worse than it may. A
 * reason: it answers that at once (`overload` with Retry-After: 300).
 */
export type Behaviour = 'answers' | 'silent' | 'impaired' | Exclude<ReasonCode, 'ok' | 'timeout'>

const RETRY_AFTER_MS = 300_000

/** The way to and from one address. */
export interface Path {
  /** Chance that a packet is lost, each way. */
  readonly loss: number
  /** Round trip without jitter. */
  readonly rttMs: number
  /** Each way adds up to this much, evenly. */
  readonly jitterMs: number
  /**
   * The server does nothing for `forMs` at the start of every `everyMs` (garbage collection, a busy core), then answers whatever came
   * meanwhile.
   */
  readonly pauses?: { readonly everyMs: number; readonly forMs: number }
}

export const CLEAN: Path = { loss: 0, rttMs: 20, jitterMs: 0 }

export interface Answer {
  readonly outcome: Outcome
  readonly afterMs: number
  /** Both transmissions were answered: when the second answer comes, from the start of the question. */
  readonly spuriousMs?: number
}

/**
 * What comes of a question over UDP (RFC 3261) that leaves now: one retransmission, where the answer is not there by then and the target's
 * pace has room, which is then noted there.
 */
export function answerOf(
  { budget, line: { pace } }: { readonly budget: Budget; readonly line: { readonly pace: Pace } },
  behaviour: Behaviour,
  { loss, rttMs, jitterMs, pauses }: Path,
  nowMs: number,
  random: Random,
): Answer {
  const { timeoutMs, retransmitMs = timeoutMs / 2 } = budget
  const travelMs = (leftMs: number): number => {
    const lost = random.next() < loss || random.next() < loss
    const tookMs = rttMs + (random.next() + random.next()) * jitterMs
    if (lost || behaviour === 'silent') return Number.POSITIVE_INFINITY
    return tookMs + (pauses === undefined ? 0 : stillMs(pauses, leftMs + tookMs / 2))
  }
  let answeredMs = travelMs(nowMs)
  let laterMs = Number.POSITIVE_INFINITY
  let attempts = 1
  const againMs = nowMs + retransmitMs
  if (answeredMs > retransmitMs && pace.earliestMs(againMs, 1, 0) <= againMs + PACE_TOLERANCE_MS) {
    pace.note(againMs)
    attempts = 2
    const secondMs = retransmitMs + travelMs(againMs)
    laterMs = Math.max(answeredMs, secondMs)
    answeredMs = Math.min(answeredMs, secondMs)
  }
  if (answeredMs > timeoutMs) {
    const detail = `no answer in ${timeoutMs} ms`
    return { outcome: outcome('timeout', { attempts, detail }), afterMs: timeoutMs }
  }
  const alive = behaviour === 'answers' || behaviour === 'impaired' || behaviour === 'silent'
  const rest = {
    attempts,
    ...(attempts === 1 ? { rttMs: answeredMs } : {}),
    ...(behaviour === 'impaired' ? { impaired: 'slower than it may be' } : {}),
    ...(behaviour === 'overload' ? { retryAfterMs: RETRY_AFTER_MS } : {}),
  }
  const answer = { outcome: outcome(alive ? 'ok' : behaviour, rest), afterMs: answeredMs }
  if (laterMs > answeredMs + LATE_ANSWER_MS) return answer
  return { ...answer, spuriousMs: laterMs }
}

/** How long a server that pauses lets lie what reaches it then. */
function stillMs({ everyMs, forMs }: { everyMs: number; forMs: number }, atMs: number): number {
  return Math.max(0, forMs - (atMs % everyMs))
}
