import { ProviderError, type ProviderErrorDetail, type ProviderFault, safeText } from '../error.ts'
import { BodyTooLong } from './body-limit.ts'

/**
 * The API's error codes, as far as they tell more than the HTTP status. The outer 1004 ("DNS Validation Error") and 6003 say
 * nothing: the telling code stands in their `error_chain`.
 */
const FAULT_BY_CODE: ReadonlyMap<number, readonly [ProviderFault, string]> = new Map<
  number,
  readonly [ProviderFault, string]
>([
  [971, ['throttled', 'too many requests']],
  [10429, ['throttled', 'too many requests']],
  [81044, ['conflict', 'a record is no longer there']],
  [81057, ['conflict', 'a record is there already']],
  [81058, ['conflict', 'an identical record is there already']],
  [81053, ['refused', 'an A, AAAA or CNAME record of that name is in the way']],
  [81054, ['refused', 'a CNAME record of that name is in the way']],
  [81055, ['refused', 'an A record of that name is in the way']],
  [81056, ['refused', 'NS records of that name are in the way']],
  [81045, ['quota', 'the zone has as many records as its plan allows']],
  [9021, ['refused', 'the TTL is not allowed by the plan']],
  [9300, ['refused', 'the plan has no (more) tags: set mark: comment']],
  [9313, ['refused', 'the mark is longer than the plan allows a comment to be']],
  [1000, ['credentials', 'the API token is not known']],
  [1001, ['credentials', 'the API token was not understood']],
  [6111, ['credentials', 'the API token is malformed']],
  [9109, ['credentials', 'the API token is expired, revoked, or not for this zone']],
  [10000, ['scope', 'the API token does not allow it']],
  [10001, ['credentials', 'the API token was not accepted']],
  [7000, ['no-zone', 'no such zone']],
  [7003, ['no-zone', 'no such zone']],
])

/** Whether a code says what is wrong; a batch that is too large is refused with one that is documented nowhere. */
export function isKnownCode(apiCode: string | undefined): boolean {
  return apiCode !== undefined && FAULT_BY_CODE.has(Number(apiCode))
}

/** Outer codes that only announce a chain. */
const WRAPPERS = new Set([1004, 6003])

/** Connections that never came to be: nothing was sent. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

export interface CallContext {
  /** What was tried, for people: `list the records`. */
  readonly what: string
  /** It may have changed something. */
  readonly writes: boolean
  readonly secrets: readonly string[]
  /** Our own deadline passed. */
  readonly timedOut: boolean
  /** The caller gave up. */
  readonly aborted: boolean
}

/** Whatever the SDK threw, as a `ProviderError`; told by codes and status, never by text. */
export function toProviderError(error: unknown, context: CallContext): ProviderError {
  if (error instanceof ProviderError) return error
  const { what, writes } = context
  const fail = (fault: ProviderFault, why: string, detail: ProviderErrorDetail = {}) =>
    new ProviderError(fault, `could not ${what}: ${why}`, detail)
  if (context.aborted) return fail('timeout', 'given up', { uncertain: writes })
  if (context.timedOut) return fail('timeout', 'no answer in time', { uncertain: writes })
  const { status, headers, body } = shapeOf(error)
  if (status === undefined) {
    // The body came, and is not what was agreed.
    if (error instanceof BodyTooLong) return fail('protocol', error.message, { uncertain: writes })
    if (error instanceof SyntaxError) return fail('protocol', 'the answer is no JSON', { uncertain: writes })
    const code = systemCode(error)
    const sent = code === undefined || !NOT_SENT.has(code)
    return fail('unreachable', code ?? 'the connection broke', { uncertain: writes && sent })
  }
  return fromStatus(status, headers, body, context, fail)
}

function fromStatus(
  status: number,
  headers: Headers | undefined,
  body: unknown,
  context: CallContext,
  fail: (fault: ProviderFault, why: string, detail?: ProviderErrorDetail) => ProviderError,
): ProviderError {
  const [first] = apiErrors(body)
  const said = first === undefined ? `HTTP ${status}` : `${first.code} ${first.message}`
  const known = first === undefined ? undefined : FAULT_BY_CODE.get(first.code)
  const detail = first === undefined ? {} : { apiCode: String(first.code) }
  const why = safeText(known === undefined ? said : `${known[1]} (${said})`, context.secrets)
  if (known?.[0] === 'throttled' || status === 429) {
    const retryAfterMs = retryAfterMsOf(headers)
    return fail('throttled', why, { ...detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  }
  // A 5xx behind a known code is still a 5xx: whether the change was made is not known.
  if (status >= 500) return fail('failed', why, { ...detail, uncertain: context.writes })
  if (known !== undefined) return fail(known[0], why, detail)
  if (status === 401) return fail('credentials', why, detail)
  if (status === 403) return fail('scope', why, detail)
  if (status === 408) return fail('timeout', why, { ...detail, uncertain: context.writes })
  if (status === 404) return fail('no-zone', why, detail)
  if (status >= 300 && status < 400) return fail('protocol', why, detail)
  return fail('refused', why, detail)
}

export interface ApiError {
  readonly code: number
  readonly message: string
}

/** The errors of an envelope, the telling ones in place of those that wrap them. */
function apiErrors(body: unknown): ApiError[] {
  const list = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : undefined
  if (!Array.isArray(list)) return []
  return list.slice(0, 20).flatMap((one: unknown) => {
    const outer = apiError(one)
    const chain =
      typeof one === 'object' && one !== null && 'error_chain' in one ? one.error_chain : undefined
    const inner = Array.isArray(chain)
      ? chain.slice(0, 20).flatMap((link: unknown) => apiError(link) ?? [])
      : []
    if (outer === undefined || (WRAPPERS.has(outer.code) && inner.length > 0)) return inner
    return [outer, ...inner]
  })
}

function apiError(value: unknown): ApiError | undefined {
  if (typeof value !== 'object' || value === null || !('code' in value)) return undefined
  const code = Number(value.code)
  if (!Number.isInteger(code)) return undefined
  return { code, message: 'message' in value && typeof value.message === 'string' ? value.message : '' }
}

/** Retry-After (RFC 9110 section 10.2.3) in seconds; the API sends no dates. At most an hour. */
function retryAfterMsOf(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined
}

/** What an `APIError` of the SDK carries, without leaning on its class: the SDK is loaded late. */
function shapeOf(error: unknown): { status?: number; headers?: Headers; body?: unknown } {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return {}
  return {
    status: error.status,
    ...('headers' in error && error.headers instanceof Headers ? { headers: error.headers } : {}),
    ...('error' in error ? { body: error.error } : {}),
  }
}

/** The errno code at the root of a chain of causes. */
function systemCode(error: unknown): string | undefined {
  let at: unknown = error
  for (let depth = 0; depth < 6 && at instanceof Error; depth++) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(at.code)) return at.code
    at = at.cause
  }
  return undefined
}
