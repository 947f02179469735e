import { duration } from '../../core/schemas.ts'
import type { LbSettings } from '../../core/settings.ts'
import { readFields } from '../fields.ts'
import type { Report } from '../report.ts'

const HOUR_MS = 3_600_000

export const lbShape = {
  handover: duration({ minMs: 1_000, maxMs: HOUR_MS })
    .default(30_000)
    .describe(
      'From the last 200 for one target to the first 200 for another: at least the window of whoever asks, its interval times its failures and its time-out. Default 30s.',
    ),
}

/** The section `lb`; undefined where it is absent or has a fault. */
export function readLb(report: Report): LbSettings | undefined {
  if (report.document.nodeAt(['lb']) === undefined) return undefined
  const fields = readFields(report, lbShape, ['lb'])
  return fields?.handover === undefined ? undefined : { handoverMs: fields.handover }
}
