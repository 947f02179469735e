import { ProviderError, type ProviderFault, safeText } from '../error.ts'

/** Route53's and the request signer's error codes. What is not here goes by its HTTP status. */
const BY_CODE: Readonly<Record<string, ProviderFault>> = {
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  PriorRequestNotComplete: 'busy',
  ConcurrentModification: 'busy',
  InvalidChangeBatch: 'conflict',
  InvalidInput: 'refused',
  LimitsExceeded: 'quota',
  NoSuchHostedZone: 'no-zone',
  AccessDenied: 'scope',
  AccessDeniedException: 'scope',
  NotAuthorizedException: 'scope',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  InvalidClientTokenId: 'credentials',
  UnrecognizedClientException: 'credentials',
  MissingAuthenticationToken: 'credentials',
  IncompleteSignature: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  InvalidSignatureException: 'credentials',
  OptInRequired: 'credentials',
  RequestExpired: 'clock',
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
  // The SDK calls these TimeoutError as well; the errno says more.
  ECONNRESET: 'unreachable',
  EPIPE: 'unreachable',
  TimeoutError: 'timeout',
  AbortError: 'timeout',
}

/** The signer gives a request five minutes; less of a difference is no cause. */
const SKEW_MS = 240_000

/** Nothing can have left us. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

export interface FaultContext {
  /** What was being done, for people: `changing records`. */
  readonly doing: string
  /** A call that changes something: a lost answer leaves it open whether it did. */
  readonly changes: boolean
  readonly nowMs: number
  readonly secrets: readonly string[]
}

/** Shapes that the SDK's errors have, all of it unsure. */
interface SdkError {
  readonly name?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly messages?: unknown
  /** Of an `<InvalidChangeBatch>` body, whose code the SDK does not find. */
  readonly Messages?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: {
    readonly statusCode?: number
    readonly headers?: Readonly<Record<string, string | undefined>>
  }
}

/** What the SDK threw, as a `ProviderError`: by code and status, without the request that it carries. */
export function faultOf(thrown: unknown, { doing, changes, nowMs, secrets }: FaultContext): ProviderError {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError
  const words = error.Messages === undefined ? [error.code, error.name] : ['InvalidChangeBatch']
  const code = words.find((word) => typeof word === 'string' && Object.hasOwn(BY_CODE, word))
  const errno = typeof error.code === 'string' ? error.code : ''
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  const headers = error.$response?.headers ?? {}
  const known = code === undefined ? undefined : BY_CODE[code as string]
  let fault = known ?? byStatus(status)
  const skewMs = clockSkewMs(headers.date, nowMs)
  if (fault === 'credentials' && skewMs !== undefined && Math.abs(skewMs) > SKEW_MS) fault = 'clock'
  const told =
    fault === 'clock' && skewMs !== undefined
      ? `our clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? 'behind' : 'ahead of'} Route53's; requests are refused by it`
      : safeText([...new Set(messagesOf(thrown))].map((text) => sayable(text, fault)).join(' '), secrets)
  const name = String(code ?? (errno || status || 'no answer'))
  // A 2xx that cannot be read says no less than a lost one.
  const answered = status !== undefined && status >= 300 && status < 500
  const retryAfterMs = secondsOf(headers['retry-after'])
  return new ProviderError(fault, `Route53, ${doing}: ${safeText(name)}${told === '' ? '' : `: ${told}`}`, {
    apiCode: safeText(name),
    uncertain: changes && !answered && !NOT_SENT.has(errno) && !isLocal(known),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** `InvalidChangeBatch` says what is wrong with each change, in a list or in one text. */
export function messagesOf(thrown: unknown): string[] {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError
  const inner = (error.Messages as { readonly Message?: unknown } | undefined)?.Message
  const said = [inner, error.messages].flat(2).slice(0, 1000)
  const texts = said.filter((text) => typeof text === 'string' && text !== '') as string[]
  return texts.length > 0 || typeof error.message !== 'string' ? texts : [error.message]
}

/** A signature that does not match is answered with all that should have been signed, a session token among it. */
function sayable(text: string, fault: ProviderFault): string {
  return fault === 'credentials' ? (text.split('\n', 1)[0] ?? '') : text
}

function byStatus(status: number | undefined): ProviderFault {
  if (status === undefined) return 'unreachable'
  if (status === 429) return 'throttled'
  if (status >= 500) return 'failed'
  if (status === 401 || status === 403) return 'credentials'
  return status >= 400 ? 'refused' : 'protocol'
}

function isLocal(fault: ProviderFault | undefined): boolean {
  return fault !== undefined && fault !== 'timeout' && fault !== 'unreachable'
}

/** How far our clock is ahead of the server's, by its Date header. */
function clockSkewMs(date: string | undefined, nowMs: number): number | undefined {
  const theirs = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(theirs) ? undefined : nowMs - theirs
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) * 1000 : undefined
}
