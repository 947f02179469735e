import { readFileSync } from 'node:fs'
import type { SocketAddress } from '../core/settings.ts'
import { uriHost } from '../wire/sip/header-values.ts'
import type { RequestIds } from '../wire/sip/ids.ts'
import { serialise } from '../wire/sip/message.ts'
import { sentBy } from './transport/sent-by.ts'
import type { SipTransport } from './transport/sip-transports.ts'

export interface OptionsRequest {
  readonly transport: SipTransport
  readonly address: string
  readonly port: number
  readonly maxForwards: number
  /** Whole Request-URI, instead of the one made of address and port. */
  readonly uri?: string | undefined
  /** User part of the Request-URI. Servers look it up in their dialplan, so none by default. */
  readonly user?: string | undefined
  /** SIP URI for From. */
  readonly from?: string | undefined
  readonly userAgent: string
}

/** The OPTIONS request of RFC 3261 section 11.1, under 1300 bytes so that UDP may carry it (section 18.1.1). */
export function optionsRequest(request: OptionsRequest, local: SocketAddress, ids: RequestIds): Uint8Array {
  const { host: here, uriParameter } = sentBy(request.transport, local, ids)
  const host = uriHost(request.address)
  const user = request.user === undefined ? '' : `${request.user}@`
  const uri = request.uri ?? `sip:${user}${host}:${request.port}${uriParameter}`
  const to = request.uri ?? `sip:${user}${host}`
  const from = request.from ?? `sip:monitor@${uriHost(local.address)}`
  return serialise({
    startLine: `OPTIONS ${uri} SIP/2.0`,
    headers: [
      // RFC 3581: `rport` without a value asks the server to answer to where the request came from.
      ['Via', `SIP/2.0/${request.transport.toUpperCase()} ${here};branch=${ids.branch};rport`],
      ['Max-Forwards', String(request.maxForwards)],
      ['From', `<${from}>;tag=${ids.fromTag}`],
      ['To', `<${to}>`],
      ['Call-ID', ids.callId],
      ['CSeq', '1 OPTIONS'],
      ['Contact', `<sip:monitor@${here}${uriParameter}>`],
      ['Accept', 'application/sdp'],
      ['User-Agent', request.userAgent],
    ],
  })
}

/**
 * `sipvane/<version> (+health check)`. Stock Kamailio drops what calls itself friendly, scanner, sipcli, sipvicious,
 * VaxSIPUserAgent or pplsip: keep those words out.
 */
export function defaultUserAgent(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version?: unknown }
  return `sipvane/${typeof version === 'string' ? version : '0'} (+health check)`
}
