import type { HealthState, Poor, QualityLimits, Thresholds } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import { figuresOf, type QualityFigures, track } from './quality-window.ts'

/** One lost packet is an everyday event: a loss rate takes two. */
const LOST_ENOUGH = 2
/** Shares of the limits. */
interface Bounds {
  readonly loss: number
  readonly rest: number
}
const LIMIT: Bounds = { loss: 1, rest: 1 }
/**
 * Well again is clearly below the limit: at the limit itself, noise would carry a figure over it and back all day. Loss takes more room,
 * for a window counts it in few: with 80 % a line at its limit changed the answer twenty times an hour (test/scenarios/quality.test.ts).
 */
const WELL: Bounds = { loss: 0.5, rest: 0.8 }

type Quality = Pick<HealthState, 'quality' | 'poor'>

/**
 * Loss, latency and jitter over a window of time, against their limits. Pure; `alive`: the target counted as alive before this outcome.
 *
 * | poor before | a figure is over its limit | all are well below theirs    | then                                     |
 * |-------------|----------------------------|------------------------------|------------------------------------------|
 * | no          | yes                        | -                            | poor                                     |
 * | no          | no                         | any                          | not poor                                 |
 * | yes         | yes, or between            | no                           | poor, and the quiet begins anew          |
 * | yes         | no                         | yes, for a whole window      | not poor                                 |
 * | yes         | no                         | yes, for less                | poor                                     |
 * | any         | too little is known        | -                            | as it was; what is not known is no quiet |
 */
export function learnQuality(
  state: Quality,
  seen: Outcome,
  thresholds: Pick<Thresholds, 'quality' | 'quorum'>,
  alive: boolean,
  nowMs: number,
): Quality {
  const limits = thresholds.quality
  if (limits === undefined) return {}
  const quality = track(state.quality ?? [], seen, limits.windowMs, alive, nowMs)
  const figures = figuresOf(quality, limits, thresholds.quorum ?? 1, nowMs)
  const poor = figures === undefined ? unsure(state.poor) : judged(state.poor, figures, limits, nowMs)
  return { quality, ...(poor === undefined ? {} : { poor }) }
}

function unsure(poor: Poor | undefined): Poor | undefined {
  return poor === undefined ? undefined : { what: poor.what }
}

function judged(
  before: Poor | undefined,
  figures: QualityFigures,
  limits: QualityLimits,
  nowMs: number,
): Poor | undefined {
  if (before === undefined) {
    const over = overLimits(figures, limits, LIMIT)
    return over.length === 0 ? undefined : { what: over.join(', ') }
  }
  if (overLimits(figures, limits, WELL).length > 0) return { what: before.what }
  const quietSinceMs = before.quietSinceMs ?? nowMs
  return nowMs - quietSinceMs >= limits.windowMs ? undefined : { what: before.what, quietSinceMs }
}

/** In plain words, which figures are over these shares of their limits. */
function overLimits(figures: QualityFigures, limits: QualityLimits, share: Bounds): string[] {
  const { sent, lost, loss, latencyMs, jitterMs } = figures
  const over: string[] = []
  if (limits.loss !== undefined && lost >= LOST_ENOUGH && loss > share.loss * limits.loss)
    over.push(`loss ${percent(loss)} (${lost} of ${sent}), more than ${percent(limits.loss)}`)
  if (limits.latencyMs !== undefined && latencyMs !== undefined && latencyMs > share.rest * limits.latencyMs)
    over.push(`latency ${Math.round(latencyMs)} ms, more than ${limits.latencyMs} ms`)
  if (limits.jitterMs !== undefined && jitterMs !== undefined && jitterMs > share.rest * limits.jitterMs)
    over.push(`jitter ${Math.round(jitterMs)} ms, more than ${limits.jitterMs} ms`)
  return over
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
