import { type Dialog, routeOf } from './dialog.ts'
import { header, type SipHeader, type SipRequest, type SipResponse, serialise } from './message.ts'

type Header = readonly [name: string, value: string]

/** An INVITE as the requests that belong to it (ACK, CANCEL) need it again. */
export interface Invite {
  readonly uri: string
  /** Lower case: `udp`. */
  readonly transport: string
  /** Our side as Via names it: `192.0.2.1:5060`. */
  readonly sentBy: string
  readonly branch: string
  /** Header values, the From with our tag, the To without one. */
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly cseq: number
  readonly contact: string
  readonly userAgent: string
  /** Credentials, where the far end asked for them. */
  readonly authorization: readonly Header[]
  /** SDP. */
  readonly body: Uint8Array
}

/** RFC 3261 section 13.2.1. */
export function inviteRequest(invite: Invite): Uint8Array {
  return serialise({
    startLine: `INVITE ${invite.uri} SIP/2.0`,
    headers: [
      ...common(invite, 'INVITE', invite.to),
      ['Contact', invite.contact],
      ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS'],
      ['Accept', 'application/sdp'],
      ['User-Agent', invite.userAgent],
      ...invite.authorization,
      ['Content-Type', 'application/sdp'],
    ],
    body: invite.body,
  })
}

/** The ACK that ends an INVITE transaction: same branch, the response's To, nothing else new (RFC 3261 section 17.1.1.3). */
export function ackOfRejection(invite: Invite, response: SipResponse): Uint8Array {
  const to = header(response, 'to') ?? invite.to
  return serialise({
    startLine: `ACK ${invite.uri} SIP/2.0`,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a stranger's text must not break ours.
    headers: common(invite, 'ACK', to.replace(/[\x00-\x1f\x7f]/g, ' ')),
  })
}

/** Same branch, To without a tag, same number (RFC 3261 section 9.1). */
export function cancelRequest(invite: Invite): Uint8Array {
  return serialise({
    startLine: `CANCEL ${invite.uri} SIP/2.0`,
    headers: common(invite, 'CANCEL', invite.to),
  })
}

export interface InDialogRequest {
  readonly method: string
  readonly dialog: Dialog
  readonly transport: string
  /** Our side as Via names it: `192.0.2.1:5060`. */
  readonly sentBy: string
  readonly branch: string
  readonly cseq: number
  readonly userAgent: string
  readonly authorization?: readonly Header[]
}

/** ACK of a 2xx, or BYE: on the dialog's own way (RFC 3261 section 12.2.1.1). */
export function inDialogRequest(request: InDialogRequest): Uint8Array {
  const { dialog, method } = request
  const { requestUri, routes } = routeOf(dialog)
  return serialise({
    startLine: `${method} ${requestUri} SIP/2.0`,
    headers: [
      via(request),
      ...routes.map((route): Header => ['Route', route]),
      ['Max-Forwards', '70'],
      ['From', dialog.from],
      ['To', dialog.to],
      ['Call-ID', dialog.callId],
      ['CSeq', `${request.cseq} ${method}`],
      ['User-Agent', request.userAgent],
      ...(request.authorization ?? []),
    ],
  })
}

/** What RFC 3261 section 8.2.6 copies from a request into its response. */
const COPIED: Readonly<Record<string, string>> = {
  via: 'Via',
  from: 'From',
  to: 'To',
  'call-id': 'Call-ID',
  cseq: 'CSeq',
}

/**
 * The answer to a request that the far end sends inside the call. undefined where the request cannot be answered without breaking the line
 * format.
 */
export function responseTo(request: SipRequest, status: number, phrase: string): Uint8Array | undefined {
  const copied = request.headers.filter((entry: SipHeader) => Object.hasOwn(COPIED, entry.name))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a stranger's text must not break ours.
  if (copied.some((entry) => /[\x00\r\n]/.test(entry.value))) return undefined
  return serialise({
    startLine: `SIP/2.0 ${status} ${phrase}`,
    headers: copied.map((entry): Header => [COPIED[entry.name] ?? entry.name, entry.value]),
  })
}

function common(invite: Invite, method: string, to: string): Header[] {
  return [
    via(invite),
    ['Max-Forwards', '70'],
    ['From', invite.from],
    ['To', to],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq} ${method}`],
  ]
}

function via({ transport, sentBy, branch }: Pick<Invite, 'transport' | 'sentBy' | 'branch'>): Header {
  return ['Via', `SIP/2.0/${transport.toUpperCase()} ${sentBy};branch=${branch};rport`]
}
