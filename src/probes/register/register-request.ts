import type { SocketAddress } from '../../core/settings.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import { serialise } from '../../wire/sip/message.ts'
import { sentBy } from '../transport/sent-by.ts'
import type { SipTransport } from '../transport/sip-transports.ts'

export interface RegisterRequest {
  readonly transport: SipTransport
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
  const { host: here, uriParameter } = sentBy(transport, local, ids)
  // A binding is removed by the URI that wrote it (RFC 3261 section 10.2.2): its host must not be another for each request.
  const home = binding !== undefined && uriParameter === ';transport=ws' ? `${binding.user}.invalid` : here
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
            ['Contact', `<sip:${binding.user}@${home}${uriParameter}>`] as const,
            ['Expires', String(binding.expires)] as const,
          ]),
      ...request.authorization,
      ['User-Agent', request.userAgent],
    ],
  })
}
