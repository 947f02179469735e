import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** RFC 9110 section 9.2.1: what these ask for changes nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** RFC 6761 section 6.3: nobody on the network can say what `localhost` is. */
const LOCAL_NAME = /^(?:[a-z0-9-]+\.)*localhost$/i

/**
 * Did a web page of another origin send this, by the browser of somebody who may reach us? Browsers say so themselves (Fetch Metadata);
 * older ones send the origin with whatever is neither GET nor HEAD. Programs send neither.
 *
 * | method          | Sec-Fetch-Site      | Origin              | from a page |
 * |-----------------|---------------------|---------------------|-------------|
 * | GET, HEAD       | any                 | any                 | no          |
 * | others          | same-origin, none   | any                 | no          |
 * | others          | any other           | any                 | yes         |
 * | others          | absent              | absent              | no          |
 * | others          | absent              | of our Host         | no          |
 * | others          | absent              | any other, `null`   | yes         |
 */
export function isFromOtherSite(method: string, headers: IncomingHttpHeaders): boolean {
  if (SAFE_METHODS.has(method)) return false
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
}

/**
 * May a page have been led here by a name of its own, whose address was turned to ours after it was loaded (DNS rebinding)? To its browser
 * we are then one site with it. An address in `Host` cannot be turned, nor can `localhost`. A program of HTTP/1.0 may name no host;
 * browsers always do.
 */
export function mayBeRebound({ host }: IncomingHttpHeaders): boolean {
  if (host === undefined) return false
  const name = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(host)
  const literal = name?.[1] ?? name?.[2] ?? ''
  return isIP(literal) === 0 && !LOCAL_NAME.test(literal)
}
