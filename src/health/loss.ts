import type { HealthState } from '../core/health.ts'

/**
 * How much silence it takes to call a target dead.
 *
 * A packet that comes back saying no is proof, and counts by the configured `fall`. Silence is not: on a path that loses a third of all
 * round trips, three unanswered questions in a row are an everyday event. So the share of transmissions that go unanswered while the server
 * lives is learnt per path, and a run of silence convicts only when chance alone would bring so long a run less than once in a hundred
 * million starts (ten days at a one-second interval and 20 % loss each way have three hundred thousand, and the estimate strays: with one
 * in a million a false alarm came every two weeks):
 *
 *     k = clamp(ceil(ln EPSILON / ln loss^attempts), fall, 4 * fall)
 *
 * A path without loss has k = fall: a clean silent host is down after exactly `fall` fails, as configured.
 *
 * What is learnt: a pass with n attempts tells of n - 1 lost transmissions and one that came through; a run of silence that ends in a pass
 * before it convicted was all loss. A run that did convict was an outage and teaches nothing, nor do the transmissions before the answer
 * that ended it. A retransmission whose answer comes as well was needless, and what it taught is taken back (`spurious.ts`). A first loss
 * lifts the estimate to WARY at once, since it may be the first of many; after that the estimate is a moving average that rises twice as
 * fast as it sinks, and needs 46 clean answers to trust the path again.
 *
 * Measured at virtual time with 120 ms of jitter each way, interval 1 s, time-out 500 ms, fall 3 (bench/simulate.ts, docs/benchmarks.md):
 * at 20 % loss each way (36 % of round trips) no false alarm in a hundred days, and 1.0 % when it sets in from one moment to the next on a
 * clean path, since its very first losses may be three silent questions.
 */

/** Chance that a run of silence on a living server is taken for death, a run. */
const EPSILON = 1e-8
/** Silence convicts after this many times `fall` at the latest, however bad the path. */
const PATIENCE = 4
/** What a first lost transmission makes of a clean path: with two transmissions a question, eight silent questions. */
const WARY = 0.3
const GAIN_LOST = 0.08
const GAIN_ANSWERED = 0.04

type Run = Pick<HealthState, 'fails' | 'hardFails' | 'unanswered' | 'loss'>

/** The estimate (0 to 1) after `lost` transmissions without an answer and then one with it. */
export function learnLoss(loss: number, lost: number): number {
  let next = loss
  if (lost > 0) {
    next = Math.max(WARY, rise(next, 1))
    next = rise(next, lost - 1)
  }
  return next * (1 - GAIN_ANSWERED)
}

function rise(loss: number, lost: number): number {
  return loss + (1 - loss) * (1 - (1 - GAIN_LOST) ** lost)
}

/**
 * How many silent fails in a row convict: `fall` to four times `fall`.
 * `attempts`: transmissions a question, 1 or more; `loss`: 0 to 1, a transmission.
 */
export function silentFall(loss: number, attempts: number, fall: number): number {
  if (loss <= 0) return fall
  const lossOfQuestion = Math.max(1, attempts) * Math.log(Math.min(1, loss))
  if (lossOfQuestion === 0) return PATIENCE * fall
  return Math.min(PATIENCE * fall, Math.max(fall, Math.ceil(Math.log(EPSILON) / lossOfQuestion)))
}

/** How many silent fails the present run would need, were it silence alone. */
export function silentFallOf(run: Run, fall: number): number {
  const silent = run.fails - run.hardFails
  return silentFall(run.loss, silent > 0 ? run.unanswered / silent : 1, fall)
}

/**
 * Whether a run of fails is enough to go down. With h hard fails, s silent ones and k from above:
 *
 * | h         | s    | down when         | because                                                        |
 * |-----------|------|-------------------|----------------------------------------------------------------|
 * | >= fall   | any  | at once           | proof enough by itself; silence between does not weaken it     |
 * | 0         | s    | s >= k            | silence is weighed by the path                                 |
 * | 0 < h     | s    | h/fall + s/k >= 1 | each fail brings the share of its own threshold that it is due |
 *
 * The last line holds the other two; on a clean path (k = fall) it says: any `fall` fails.
 */
export function convicts(run: Run, fall: number): boolean {
  const silent = run.fails - run.hardFails
  const needed = silentFallOf(run, fall)
  // Multiplied out: thirds do not add up to one in floating point.
  return run.hardFails * needed + silent * fall >= fall * needed
}
