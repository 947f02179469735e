import type { HealthState } from '../core/health.ts'
import type { ProbeSettings } from '../core/settings.ts'
import { figuresOf } from '../health/quality-window.ts'

/** Loss, latency and jitter of a path over its window, as at its last question. */
export interface QualityReport {
  /** Transmissions in the window. */
  readonly sent: number
  /** 0 to 1. */
  readonly loss: number
  readonly latencyMs?: number
  readonly jitterMs?: number
  /** Which figure went over which limit. Absent: the path is not poor. */
  readonly poor?: string
}

/** Undefined where the probe has no limits of quality, or too little is known. */
export function qualityReport(
  state: Pick<HealthState, 'quality' | 'poor' | 'lastAtMs'>,
  probe: Pick<ProbeSettings, 'quality' | 'quorum'> | undefined,
): QualityReport | undefined {
  const limits = probe?.quality
  const { quality, poor, lastAtMs } = state
  if (limits === undefined || quality === undefined || lastAtMs === undefined) return undefined
  const figures = figuresOf(quality, limits, probe?.quorum ?? 1, lastAtMs)
  if (figures === undefined) return undefined
  const { sent, loss, latencyMs, jitterMs } = figures
  return {
    sent,
    loss: Math.round(loss * 10_000) / 10_000,
    ...(latencyMs === undefined ? {} : { latencyMs: tenths(latencyMs) }),
    ...(jitterMs === undefined ? {} : { jitterMs: tenths(jitterMs) }),
    ...(poor === undefined ? {} : { poor: poor.what }),
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}
