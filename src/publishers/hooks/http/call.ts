import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { errnoOf, messageOf } from '../../../core/errors.ts'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'

const REPLY_MAX_BYTES = 1_048_576

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
  /** What of a good reply is wanted. Default `whole`: one that is too long to be read is a fault. */
  readonly wants?: 'whole' | 'status'
}

export interface HttpReply {
  readonly status: number
  /** At most `REPLY_MAX_BYTES`. */
  readonly text: string
}

/**
 * One call on a connection of its own; a redirect is a refusal, because credentials go to the place that was configured and nowhere else.
 * Resolves for status 2xx only, and rejects with `HookError` for anything else: its message has the host, never the path, which may be a
 * secret of its own.
 */
export async function call(request: HttpCall): Promise<HttpReply> {
  const { what, url, signal, secrets, wants = 'whole' } = request
  const where = `${what} at ${url.host}`
  let reply: Reply
  try {
    reply = await exchange(request)
  } catch (error) {
    if (signal.aborted) throw new HookError('stopped', 'stopped')
    if (error instanceof HookError) throw error
    const why = safeText(errnoOf(error) ?? messageOf(error), [...secrets, url.pathname])
    throw new HookError('unreachable', `cannot ${where}: ${why}`)
  }
  const { status, text, whole } = reply
  if (status >= 200 && status < 300) {
    if (whole || wants === 'status') return { status, text }
    throw new HookError('protocol', `could not ${where}: the reply is longer than ${REPLY_MAX_BYTES} bytes`)
  }
  throw refusal(reply, `cannot ${where}: ${status} ${safeText(text.slice(0, 500), secrets)}`.trim())
}

interface Reply extends HttpReply {
  readonly retryAfter: string | undefined
  /** Nothing was cut off. */
  readonly whole: boolean
}

/** Not fetch: it keeps a connection open for seconds after its call was aborted. */
function exchange({ method, url, headers, body, signal }: HttpCall): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const options = {
      method,
      signal,
      agent: false,
      headers: { 'user-agent': 'sipvane', ...headers, ...length },
    }
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = []
      let octets = 0
      const settle = (whole: boolean) => {
        const text = Buffer.concat(chunks).toString('utf8')
        const { statusCode: status = 0, headers } = response
        resolve({ status, text, retryAfter: headers['retry-after'], whole })
      }
      response.on('data', (chunk: Buffer) => {
        octets += chunk.length
        if (octets <= REPLY_MAX_BYTES) chunks.push(chunk)
        else {
          // The status stands, whatever else would have come.
          settle(false)
          request.destroy()
        }
      })
      response.once('end', () => settle(true))
      response.once('error', reject)
    })
    request.once('error', reject)
    request.end(body)
  })
}

/**
 * | status              | fault         |
 * |---------------------|---------------|
 * | 401, 403            | `credentials` |
 * | 429, 503 with Retry-After | `throttled` |
 * | 408, 423, 425, 5xx  | `failed`      |
 * | others, 3xx too     | `refused`     |
 */
function refusal({ status, retryAfter }: Reply, message: string): HookError {
  const retryAfterMs = spanMs(retryAfter)
  const detail = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 401 || status === 403) return new HookError('credentials', message)
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new HookError('throttled', message, detail)
  if (status >= 500 || status === 408 || status === 423 || status === 425)
    return new HookError('failed', message, detail)
  return new HookError('refused', message)
}

/** RFC 9110 section 10.2.3; the form with a date is left alone. */
function spanMs(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value.trim()) ? Number(value) * 1000 : undefined
}
