import type { SocketAddress } from '../../core/settings.ts'
import { uriHost } from '../../wire/sip/header-values.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import { serialise } from '../../wire/sip/message.ts'

export interface RegisterRequest {
  readonly transport: string
  /** Request-URI: `sip:` and the domain, never a user (RFC 3261 section 10.2). */
  readonly uri: string
  /** The address-of-record, for To and From. */
  readonly account: string
  readonly userAgent: string
  readonly cseq: number
  readonly authorization: readonly (readonly [string, string])[]
  /** Absent: the question which bindings there are (RFC 3261 section 10.2.3), which leaves none. */
  readonly binding?: {
    /** User part of the Contact, by which we know our binding again. */
    readonly user: string
    /** Seconds; 0 removes it (RFC 3261 section 10.2.2). */
    readonly expires: number
  }
}

export function registerRequest(request: RegisterRequest, local: SocketAddress, ids: RequestIds): Uint8Array {
  const { transport, binding } = request
  const here = `${uriHost(local.address)}:${local.port}`
  const parameter = transport === 'udp' ? '' : `;transport=${transport}`
  return serialise({
    startLine: `REGISTER ${request.uri} SIP/2.0`,
    headers: [
      ['Via', `SIP/2.0/${transport.toUpperCase()} ${here};branch=${ids.branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `<${request.account}>;tag=${ids.fromTag}`],
      ['To', `<${request.account}>`],
      ['Call-ID', ids.callId],
      ['CSeq', `${request.cseq} REGISTER`],
      ...(binding === undefined
        ? []
        : [
            ['Contact', `<sip:${binding.user}@${here}${parameter}>`] as const,
            ['Expires', String(binding.expires)] as const,
          ]),
      ...request.authorization,
      ['User-Agent', request.userAgent],
    ],
  })
}
