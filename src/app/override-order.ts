import type { TargetId } from '../core/brand.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { Override } from '../core/verdict.ts'

/** From and to how long an override may be given for. */
export const OVERRIDE_LENGTH = { minMs: 1000, maxMs: 365 * 86_400_000 }

/** What an operator says of a target; `auto` takes back what was said before. */
export interface OverrideOrder {
  readonly kind: Override['kind'] | 'auto'
  /** Milliseconds; absent: until it is withdrawn. */
  readonly forMs?: number
  readonly reason?: string
  readonly author?: string
}

/** The override that an order asks for from now on; undefined where it withdraws one. Says so in the log. */
export function overrideOf(
  target: TargetId,
  order: OverrideOrder,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Override | undefined {
  const { kind, forMs, ...words } = order
  const by = `${order.author ?? 'an operator'}${order.reason === undefined ? '' : `, ${order.reason}`}`
  if (kind === 'auto') {
    logger.warn(
      'override.withdrawn',
      { target, ...words },
      `${target} follows what is measured again, by ${by}`,
    )
    return undefined
  }
  logger.warn('override.set', { target, ...order }, `${target} is set to ${kind} by ${by}`)
  return { kind, ...words, ...(forMs === undefined ? {} : { untilMs: clock.nowMs() + forMs }) }
}
