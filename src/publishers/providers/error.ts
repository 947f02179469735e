import { SipvaneError } from '../../core/errors.ts'

/**
 * What can go wrong with a provider, told apart by the API's error codes, never by text. `retryable`: the same again may work.
 *
 * | code          | meaning                                                                  | retryable |
 * |---------------|--------------------------------------------------------------------------|-----------|
 * | `throttled`   | too many calls                                                           | yes       |
 * | `busy`        | a former change is still at work                                         | yes       |
 * | `unreachable` | no connection, or it broke                                               | yes       |
 * | `timeout`     | no answer in time                                                        | yes       |
 * | `failed`      | a fault of the provider (5xx, SERVFAIL)                                  | yes       |
 * | `conflict`    | the zone is not as it was read: read again, plan again                   | yes       |
 * | `credentials` | key, token or signature refused or expired; may be renewed from outside  | no        |
 * | `scope`       | who we are is known, but we may not do this                              | no        |
 * | `clock`       | refused because the two clocks disagree                                  | no        |
 * | `no-zone`     | the zone is not there                                                    | no        |
 * | `refused`     | the changes themselves are not accepted; see `culprits`                  | no        |
 * | `quota`       | the zone is full                                                         | no        |
 * | `protocol`    | the answer makes no sense                                                | no        |
 *
 * What is not retryable is still tried again, at the slow end: somebody may put it right.
 */
const RETRYABLE = {
  throttled: true,
  busy: true,
  unreachable: true,
  timeout: true,
  failed: true,
  conflict: true,
  credentials: false,
  scope: false,
  clock: false,
  'no-zone': false,
  refused: false,
  quota: false,
  protocol: false,
} as const satisfies Record<string, boolean>

export type ProviderFault = keyof typeof RETRYABLE

export const PROVIDER_FAULTS = Object.keys(RETRYABLE) as readonly ProviderFault[]

export interface ProviderErrorDetail {
  /** As the API asked for, in milliseconds. */
  readonly retryAfterMs?: number
  /** The changes may have been made all the same (a lost reply): read before repeating. */
  readonly uncertain?: boolean
  /** Indices into the batch of the changes that were refused or in conflict, where the API tells. */
  readonly culprits?: readonly number[]
  /** The API's own code (`InvalidChangeBatch`, `81058`, `NXRRSET`), for people. */
  readonly apiCode?: string
}

/**
 * Failure of a provider; its code is `provider-` and the fault. The message is safe to log: made with `safeText` where it quotes
 * the API. No cause: SDK errors carry requests with credentials in them.
 */
export class ProviderError extends SipvaneError {
  readonly fault: ProviderFault
  readonly retryAfterMs?: number
  readonly uncertain: boolean
  readonly culprits: readonly number[]
  readonly apiCode?: string

  constructor(fault: ProviderFault, message: string, detail: ProviderErrorDetail = {}) {
    super(`provider-${fault}`, message, { retryable: RETRYABLE[fault] })
    this.fault = fault
    if (detail.retryAfterMs !== undefined) this.retryAfterMs = detail.retryAfterMs
    this.uncertain = detail.uncertain ?? false
    this.culprits = detail.culprits ?? []
    if (detail.apiCode !== undefined) this.apiCode = detail.apiCode
  }
}

const TEXT_MAX = 300

/** What an API said, made safe to log: printable, at most 300 characters, `secrets` (of 4 characters and more) masked. */
export function safeText(text: string, secrets: readonly string[] = []): string {
  let safe = text
  for (const secret of secrets) {
    if (secret.length < 4) continue
    for (const form of new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]))
      safe = safe.replaceAll(form, '***')
  }
  safe = safe.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return safe.length > TEXT_MAX ? `${safe.slice(0, TEXT_MAX - 3)}...` : safe
}
