import type { HealthState } from '../core/health.ts'
import { evidenceOf } from '../core/outcome.ts'
import type { ProbeSettings } from '../core/settings.ts'
import type { Budget } from '../health/budget.ts'
import { convicts } from '../health/loss.ts'
import { PACE_TOLERANCE_MS, type Pace } from './pace.ts'

/** So long a question waits for others; then they wait for it. */
export const LONGEST_WAIT_MS = 2000
/** Questions of a run that are looked ahead: the pace looks back a second, in which two of them find room. */
const FORESEEN = 4
/** Whoever needs more questions than this is far from a verdict, however many more. */
const MOST_AHEAD = 16

/** A watch as the others see it that share its pace. Times in epoch milliseconds. */
export interface Contender {
  readonly probe: Pick<ProbeSettings, 'fall' | 'timeoutMs' | 'fastIntervalMs'>
  /** After its last outcome. Absent: there was none yet. */
  readonly state?: HealthState | undefined
  readonly budget: Budget
  /** What one question sends when nothing is lost; 0 asks nobody, and has no part in this. */
  readonly requests: number
  /** What its next question is likely to send, as a multiple of `requests`. */
  readonly expected: number
  /** A question is open since `askedMs`. */
  readonly asking: boolean
  readonly askedMs: number
  /** The open question was sent again already, or the pace has a place for that. */
  readonly resent: boolean
  /** When its next question was to start, whatever has kept it. */
  readonly wishMs: number
  /** A kept connection broke: refusals are confirmed at once. */
  readonly hurried: boolean
}

/** What somebody has yet to ask, a leader's to its verdict. */
interface Run {
  readonly questions: number
  readonly requests: number
  readonly spacingMs: number
  readonly fromMs: number
  readonly periodMs: number
  /** When the open question is to be sent again. Absent: it is not. */
  readonly againMs?: number
  /** The server says nothing: whoever else asks it is likely to send twice as well. */
  readonly silent: boolean
}

interface Leader {
  readonly contender: Contender
  readonly run: Run
  /** When its verdict would come, were it alone; -Infinity: it has waited long enough. */
  readonly rankMs: number
}

/**
 * Whether `own` may ask now, as far as the others in `line` for the same pace go. Pure.
 *
 * Four requests a second are six transmissions of silence in 1.06 s for one probe. Two probes that took them by turns found a silent server
 * a second later than one did; and what was down already, with two transmissions a question, left a third probe nothing for half a minute.
 * So one of them leads, and whoever would make its verdict come later lets it go first:
 *
 * | it                                                | place in line                                    |
 * |---------------------------------------------------|--------------------------------------------------|
 * | asks nobody, or has no outcome yet                | waits for nobody                                 |
 * | has waited LONGEST_WAIT_MS                        | leads, before all others; who has waited longest |
 * | is down, or drains                                | as it comes: its verdict is in                   |
 * | last failed by our own fault                      | as it comes: it proves nothing                   |
 * | is in a run of fails, or its kept connection broke | leads, before who needs longer to a verdict     |
 * | has a question of one request open                | likewise: a run may begin here                   |
 * | any other                                         | as it comes                                      |
 *
 * | leader        | what it has yet to send would leave later for `own` | `own` |
 * |---------------|-----------------------------------------------------|-------|
 * | none, or own  | any                                                 | asks  |
 * | another       | no: the pace has room for both                      | asks  |
 * | another       | yes                                                 | waits |
 *
 * A leader that asks seldom leaves room, and so keeps nobody waiting. Of two that would be done at the same moment the first in `line` leads.
 */
export function mayAsk(own: Contender, line: readonly Contender[], pace: Pace, nowMs: number): boolean {
  if (own.requests === 0 || own.state?.lastAtMs === undefined) return true
  const leader = leaderOf(line, nowMs)
  if (leader === undefined || leader.contender === own) return true
  const { run } = leader
  const beside = pace.copy()
  const mine = own.requests * (run.silent ? 2 : own.expected)
  for (let request = 0; request < mine; request++) beside.note(nowMs)
  return doneMs(run, beside) - doneMs(run, pace.copy()) <= PACE_TOLERANCE_MS
}

function leaderOf(line: readonly Contender[], nowMs: number): Leader | undefined {
  let first: Leader | undefined
  for (const contender of line) {
    if (contender.requests === 0 || contender.state === undefined) continue
    const candidate = hasWaited(contender, nowMs)
      ? { contender, run: oneQuestion(contender, nowMs), rankMs: Number.NEGATIVE_INFINITY }
      : hunter(contender, contender.state, nowMs)
    if (candidate !== undefined && (first === undefined || precedes(candidate, first))) first = candidate
  }
  return first
}

function precedes(one: Leader, other: Leader): boolean {
  if (one.rankMs !== other.rankMs) return one.rankMs < other.rankMs
  return one.rankMs === Number.NEGATIVE_INFINITY && one.contender.wishMs < other.contender.wishMs
}

function hasWaited({ asking, wishMs }: Contender, nowMs: number): boolean {
  return !asking && nowMs - wishMs >= LONGEST_WAIT_MS
}

function oneQuestion(contender: Contender, nowMs: number): Run {
  const requests = contender.requests * contender.expected
  return {
    questions: 1,
    requests,
    spacingMs: spacingMs(contender),
    fromMs: nowMs,
    periodMs: 0,
    silent: contender.expected > 1,
  }
}

/** On its way to a verdict, and what it has yet to ask for it; undefined: it is not. */
function hunter(contender: Contender, state: HealthState, nowMs: number): Leader | undefined {
  const { probe, budget, requests, asking, askedMs, wishMs, hurried } = contender
  const { status, fails, last } = state
  if (status === 'down' || last?.result === 'inconclusive') return undefined
  // A question of several requests is open for as long as the slowest of those asked needs, dead ones as well.
  if (fails === 0 && !hurried && !(asking && requests === 1)) return undefined
  const hard = hurried || (fails > 0 && last !== undefined && evidenceOf(last) === 'hard')
  const questions = questionsLeft(state, probe.fall, hard) - (asking ? 1 : 0)
  const fromMs = Math.max(nowMs, asking ? askedMs + (hard ? 0 : budget.timeoutMs) : wishMs)
  const periodMs = periodOf(contender, hard)
  const againMs = askedMs + spacingMs(contender)
  const run = {
    ...(asking && !hard && !contender.resent ? { againMs: Math.max(nowMs, againMs) } : {}),
    questions,
    requests: hard ? requests : 2 * requests,
    spacingMs: spacingMs(contender),
    fromMs,
    periodMs,
    silent: !hard,
  }
  return { contender, run, rankMs: fromMs + questions * periodMs }
}

/** From one question of a run to the next, about (`cadence.ts`). */
function periodOf({ probe: { timeoutMs, fastIntervalMs }, hurried }: Contender, hard: boolean): number {
  if (hurried) return 0
  return hard ? fastIntervalMs / 2 : Math.max(timeoutMs, fastIntervalMs)
}

/** How many more fails of this kind make a verdict: 1 to `MOST_AHEAD`. */
function questionsLeft(state: HealthState, fall: number, hard: boolean): number {
  let { fails, hardFails, unanswered } = state
  for (let left = 1; left < MOST_AHEAD; left++) {
    fails++
    if (hard) hardFails++
    else unanswered += 2
    if (convicts({ fails, hardFails, unanswered, loss: state.loss }, fall)) return left
  }
  return MOST_AHEAD
}

/** When the last of the next few questions leaves, later by as much as a retransmission before them does; `ahead` is used up. */
function doneMs(run: Run, ahead: Pace): number {
  const { questions, requests, spacingMs, fromMs, periodMs, againMs } = run
  let lateMs = 0
  if (againMs !== undefined) {
    const sentMs = ahead.earliestMs(againMs, 1, 0)
    ahead.note(sentMs)
    lateMs = sentMs - againMs
  }
  let startMs = fromMs
  for (let question = 0; question < Math.min(questions, FORESEEN); question++) {
    startMs = ahead.earliestMs(question === 0 ? fromMs : startMs + periodMs, requests, spacingMs)
    for (let request = 0; request < requests; request++) ahead.note(startMs + request * spacingMs)
  }
  return startMs + lateMs
}

/** Several requests of one question leave together; a single one is followed by its retransmission, if any. */
export function spacingMs({ requests, budget }: Pick<Contender, 'requests' | 'budget'>): number {
  return requests > 1 ? 0 : (budget.retransmitMs ?? budget.timeoutMs / 2)
}
