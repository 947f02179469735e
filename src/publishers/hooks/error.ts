import { SipvaneError } from '../../core/errors.ts'

/**
 * What can go wrong with a hook. `retryable`: the same again may work.
 *
 * | code          | meaning                                                              | retryable |
 * |---------------|----------------------------------------------------------------------|-----------|
 * | `unreachable` | no connection, or it broke                                           | yes       |
 * | `timeout`     | no end within the attempt's budget                                   | yes       |
 * | `throttled`   | too many calls                                                       | yes       |
 * | `failed`      | the far end took it and failed (5xx, `Failed to queue`)              | yes       |
 * | `unverified`  | done, but the world is not as it should be now                       | yes       |
 * | `credentials` | refused who we are                                                   | no        |
 * | `refused`     | refused what we want: it does not exist, or is not allowed           | no        |
 * | `protocol`    | the answer makes no sense                                            | no        |
 * | `unusable`    | this system cannot do it (no such program)                           | no        |
 * | `stopped`     | a newer event took its place, or the process ends                    | no        |
 */
const RETRYABLE = {
  unreachable: true,
  timeout: true,
  throttled: true,
  failed: true,
  unverified: true,
  credentials: false,
  refused: false,
  protocol: false,
  unusable: false,
  stopped: false,
} as const satisfies Record<string, boolean>

export type HookFault = keyof typeof RETRYABLE

/**
 * Failure of a hook; its code is `hook-` and the fault. The message is safe to log. No cause: it might carry a request with its secrets.
 */
export class HookError extends SipvaneError {
  readonly fault: HookFault
  /** As the far end asked for, in milliseconds. */
  readonly retryAfterMs?: number

  constructor(fault: HookFault, message: string, detail: { readonly retryAfterMs?: number } = {}) {
    super(`hook-${fault}`, message, { retryable: RETRYABLE[fault] })
    this.fault = fault
    if (detail.retryAfterMs !== undefined) this.retryAfterMs = detail.retryAfterMs
  }
}
