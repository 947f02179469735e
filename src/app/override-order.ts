import type { TargetId } from '../core/brand.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { Override } from '../core/verdict.ts'

/** What an operator says of a target. */
export interface OverrideOrder {
  readonly kind: Override['kind']
  /** Milliseconds; absent: until it is withdrawn. */
  readonly forMs?: number
  readonly reason?: string
  readonly author?: string
}

/** The override that an order asks for from now on; undefined where it withdraws one. Says so in the log. */
export function overrideOf(
  target: TargetId,
  order: OverrideOrder | undefined,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Override | undefined {
  if (order === undefined) {
    logger.warn('override.withdrawn', { target }, `${target} follows what is measured again`)
    return undefined
  }
  const { forMs, ...rest } = order
  const by = `${order.author ?? 'an operator'}${order.reason === undefined ? '' : `, ${order.reason}`}`
  logger.warn('override.set', { target, ...order }, `${target} is set to ${order.kind} by ${by}`)
  return forMs === undefined ? rest : { ...rest, untilMs: clock.nowMs() + forMs }
}
