import { errnoOf, messageOf } from '../../../core/errors.ts'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'

export const REPLY_MAX_BYTES = 1_048_576

export interface HttpCall {
  /** For people: `assign the address`. */
  readonly what: string
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
  /** Values that must not be in an error. */
  readonly secrets: readonly string[]
}

export interface HttpReply {
  readonly status: number
  /** At most `REPLY_MAX_BYTES`. */
  readonly text: string
}

/**
 * One call; a redirect is refused, because credentials go to the place that was configured and nowhere else. Resolves for status 2xx only, and rejects with
 * `HookError` for anything else: its message has the host, never the path, which may be a secret of its own.
 */
export async function call(request: HttpCall): Promise<HttpReply> {
  const { what, method, url, headers, body, signal, secrets } = request
  const where = `${what} at ${url.host}`
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method,
      headers: { 'user-agent': 'sipvane', ...headers },
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    text = await capped(response)
  } catch (error) {
    if (signal.aborted) throw new HookError('stopped', 'stopped')
    if (error instanceof HookError) throw error
    const cause = error instanceof Error ? error.cause : undefined
    const why = errnoOf(cause) ?? messageOf(cause ?? error)
    throw new HookError('unreachable', `cannot ${where}: ${safeText(why, [...secrets, url.pathname])}`)
  }
  if (response.ok) return { status: response.status, text }
  throw refusal(
    response,
    `cannot ${where}: ${response.status} ${safeText(text.slice(0, 500), secrets)}`.trim(),
  )
}

/**
 * | status              | fault         |
 * |---------------------|---------------|
 * | 401, 403            | `credentials` |
 * | 429, 503 with Retry-After | `throttled` |
 * | 408, 423, 425, 5xx  | `failed`      |
 * | others              | `refused`     |
 */
function refusal({ status, headers }: Response, message: string): HookError {
  const retryAfterMs = retryAfter(headers.get('retry-after'))
  const detail = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 401 || status === 403) return new HookError('credentials', message)
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new HookError('throttled', message, detail)
  if (status >= 500 || status === 408 || status === 423 || status === 425)
    return new HookError('failed', message, detail)
  return new HookError('refused', message)
}

/** RFC 9110 section 10.2.3; the form with a date is left alone. */
function retryAfter(value: string | null): number | undefined {
  return value !== null && /^\d{1,6}$/.test(value.trim()) ? Number(value) * 1000 : undefined
}

async function capped(response: Response): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    // Leaving the loop cancels the body.
    if (length > REPLY_MAX_BYTES)
      throw new HookError('protocol', `the reply is longer than ${REPLY_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
