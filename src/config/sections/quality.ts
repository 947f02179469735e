import { z } from 'zod'
import type { QualityLimits } from '../../core/health.ts'
import { duration, formatDuration } from '../../core/schemas.ts'
import type { Path } from '../fault.ts'
import type { Report } from '../report.ts'

const WINDOW_MIN_MS = 5_000
const WINDOW_MAX_MS = 3_600_000
const DEFAULT_WINDOW_MS = 30_000
/**
 * Ten questions tell something. A window slides by a tenth of itself, so one of ten intervals holds but nine now and then; twelve are
 * always enough.
 */
const INTERVALS_MIN = 12
const INTERVALS_DEFAULT = 20

const LOSS = /^(\d{1,2})(?:\.(\d{1,3}))?%$/
const LOSS_ALLOWED = 'allowed: a share like 5% or 0.5%, above 0% and below 100%'

const loss = z
  .string({ error: LOSS_ALLOWED })
  .regex(LOSS, { error: LOSS_ALLOWED })
  .transform((text, context) => {
    const share = Number(text.slice(0, -1)) / 100
    if (share > 0) return share
    context.addIssue({ code: 'custom', message: LOSS_ALLOWED })
    return z.NEVER
  })

/** `quality` of a probe: what degrades a path over a span of time. */
export const qualityShape = z
  .strictObject(
    {
      loss: loss.optional().describe('Share of packets lost, like 5%. Default any.'),
      latency: duration({ minMs: 1 }).optional().describe('Mean round trip. Default any.'),
      jitter: duration({ minMs: 1 })
        .optional()
        .describe('Mean difference of round trips that follow each other. Default any.'),
      window: duration({ minMs: WINDOW_MIN_MS, maxMs: WINDOW_MAX_MS })
        .optional()
        .describe(
          'How far back is looked, and how long all has to be well again. Default 30s, at least twenty intervals.',
        ),
    },
    { error: 'allowed: a mapping like { loss: 5%, latency: 150ms, jitter: 30ms, window: 30s }' },
  )
  .optional()
  .describe('Loss, latency and jitter over a span of time above which the target is degraded. Default none.')

/** The limits by what was read; faults are reported. Milliseconds. */
export function qualityOf(
  report: Report,
  path: Path,
  read: z.output<typeof qualityShape>,
  probe: { readonly intervalMs: number; readonly timeoutMs: number },
): QualityLimits | undefined {
  if (read === undefined) return undefined
  const { loss: lossShare, latency, jitter } = read
  if (lossShare === undefined && latency === undefined && jitter === undefined)
    report.refuse(path, 'allowed: at least one of loss, latency, jitter')
  if (latency !== undefined && latency >= probe.timeoutMs)
    report.refuse([...path, 'latency'], 'allowed: less than the timeout, or no pass would ever take so long')
  const leastMs = INTERVALS_MIN * probe.intervalMs
  if (read.window !== undefined && read.window < leastMs)
    report.refuse([...path, 'window'], `allowed: at least twelve intervals (${formatDuration(leastMs)})`)
  return {
    ...(lossShare === undefined ? {} : { loss: lossShare }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
    windowMs: read.window ?? Math.max(DEFAULT_WINDOW_MS, INTERVALS_DEFAULT * probe.intervalMs),
  }
}
