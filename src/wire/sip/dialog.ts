import { header, headers, type SipResponse } from './message.ts'
import { addressUris, parseSipUri } from './uri.ts'

/** What both sides of a call agreed on, as the caller keeps it (RFC 3261 section 12.1.2). */
export interface Dialog {
  readonly callId: string
  /** Header values, tags included. */
  readonly from: string
  readonly to: string
  readonly remoteTag: string
  /** Where requests inside the dialog are for. */
  readonly remoteTarget: string
  /** URIs, the first is the next hop. */
  readonly routeSet: readonly string[]
}

/** What the request that began it said. */
export interface DialogStart {
  readonly callId: string
  readonly from: string
  readonly uri: string
}

const MAX_ROUTES = 16
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * The dialog that a 2xx makes. undefined where its To cannot be sent back: without one, nobody can end that call.
 * A 2xx without a readable Contact breaks RFC 3261 section 12.1.1; the Request-URI stands in, since the call stands all the same.
 */
export function dialogOf(start: DialogStart, response: SipResponse): Dialog | undefined {
  const to = header(response, 'to')
  if (to === undefined || to.length > 1024 || CONTROL.test(to)) return undefined
  const [contact] = addressUris(headers(response, 'contact'))
  const recorded = addressUris(headers(response, 'record-route'))
  return {
    callId: start.callId,
    from: start.from,
    to,
    remoteTag: tagOf(to),
    remoteTarget: contact ?? start.uri,
    // RFC 3261 section 12.1.2: the caller's route set is the reverse of what was recorded.
    routeSet: recorded.slice(0, MAX_ROUTES).reverse(),
  }
}

/** The tag of a From or To value; '' for none (RFC 2543 had none). */
export function tagOf(value: string): string {
  const behind = value.includes('>') ? value.slice(value.lastIndexOf('>') + 1) : value
  return /;\s*tag\s*=\s*([^;,\s]+)/i.exec(behind)?.[1] ?? ''
}

export interface Routed {
  readonly requestUri: string
  /** Values of Route headers, in order. */
  readonly routes: readonly string[]
  /** The URI whose host the request is sent to (RFC 3261 section 8.1.2). */
  readonly nextHop: string
}

/**
 * RFC 3261 section 12.2.1.1:
 *
 * | route set                | Request-URI       | Route                              | sent to     |
 * |--------------------------|-------------------|------------------------------------|-------------|
 * | empty                    | remote target     | none                               | its host    |
 * | first has `lr` (loose)   | remote target     | the whole set                      | first route |
 * | first lacks it (strict)  | first route       | the rest, then the remote target   | first route |
 */
export function routeOf(dialog: Dialog): Routed {
  const [first, ...rest] = dialog.routeSet
  const { remoteTarget } = dialog
  if (first === undefined) return { requestUri: remoteTarget, routes: [], nextHop: remoteTarget }
  if (parseSipUri(first)?.parameters.has('lr') === true) {
    return { requestUri: remoteTarget, routes: dialog.routeSet.map(bracketed), nextHop: first }
  }
  return { requestUri: first, routes: [...rest, remoteTarget].map(bracketed), nextHop: first }
}

function bracketed(uri: string): string {
  return `<${uri}>`
}
