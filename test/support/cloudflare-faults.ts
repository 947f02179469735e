/** What may go wrong between a client and Cloudflare, as data. */
import type { ApiFault } from './cloudflare-replies.ts'

export type CallKind = 'verify' | 'zones' | 'zone' | 'list' | 'create' | 'batch' | 'other'

/** One request, as it came in. */
export interface Call {
  readonly kind: CallKind
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names of its headers, in lower case; never their values. */
  readonly headers: readonly string[]
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown
}

export type Trouble =
  /** Refused before anything changes. */
  | { readonly kind: 'fault'; readonly fault: ApiFault; readonly headers?: Readonly<Record<string, string>> }
  /** A proxy's HTML page instead of JSON; nothing changes. */
  | { readonly kind: 'page'; readonly status: number }
  /** The connection breaks before anything changes. */
  | { readonly kind: 'reset' }
  /** No reply ever; nothing changes. */
  | { readonly kind: 'stall' }
  /** The change is applied, then the connection breaks. */
  | { readonly kind: 'lose-reply' }
  /** The change is applied; no reply ever. */
  | { readonly kind: 'stall-reply' }
  /** The change is applied; the reply stops half way and the connection stays open. */
  | { readonly kind: 'half-reply' }
  /** The change is applied; status 200 and broken JSON. */
  | { readonly kind: 'garbage' }
  /** A list that shows nothing, as if the zone were empty. */
  | { readonly kind: 'blank' }
  /** All goes well, after a while. */
  | { readonly kind: 'slow'; readonly delayMs: number }

export type Matcher = (call: Call) => boolean

/** Matches every call of these kinds; none given: every call. */
export function on(...kinds: readonly CallKind[]): Matcher {
  return (call) => kinds.length === 0 || kinds.includes(call.kind)
}

const PREFIX = '/client/v4'

export function callOf(method: string, url: string, headers: readonly string[], text: string): Call {
  const { pathname, searchParams } = new URL(url, 'http://fake.invalid')
  const path = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) : pathname
  return {
    kind: kindOf(method, path),
    method,
    path,
    query: Object.fromEntries(searchParams),
    headers,
    body: parsed(text),
  }
}

function kindOf(method: string, path: string): CallKind {
  if (path === '/user/tokens/verify') return 'verify'
  if (path === '/zones') return 'zones'
  if (/^\/zones\/[^/]+$/.test(path)) return 'zone'
  if (/^\/zones\/[^/]+\/dns_records$/.test(path)) return method === 'GET' ? 'list' : 'create'
  if (/^\/zones\/[^/]+\/dns_records\/batch$/.test(path)) return 'batch'
  return 'other'
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Troubles in the order they were asked for; each takes the first calls that match it. */
export class TroubleQueue {
  #waiting: { matcher: Matcher; trouble: Trouble; left: number }[] = []

  add(matcher: Matcher, trouble: Trouble, times: number): void {
    this.#waiting.push({ matcher, trouble, left: times })
  }

  take(call: Call): Trouble | undefined {
    const found = this.#waiting.find((one) => one.matcher(call))
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left === 0) this.#waiting = this.#waiting.filter((one) => one !== found)
    return found.trouble
  }

  clear(): void {
    this.#waiting = []
  }
}
