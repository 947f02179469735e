import { tagOf } from '../../wire/sip/dialog.ts'
import { responseTo } from '../../wire/sip/invite.ts'
import { header, type SipRequest } from '../../wire/sip/message.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import type { TransactionTrace } from '../transport/transaction-trace.ts'
import type { EstablishedLeg } from './established-leg.ts'

/**
 * Answers what the far end asks inside the call.
 *
 * | request             | answer |
 * |---------------------|--------|
 * | ACK                 | none (RFC 3261 section 17) |
 * | BYE of a leg        | 200: that leg is over |
 * | BYE of no leg       | 481 (RFC 3261 section 15.1.2) |
 * | OPTIONS             | 200 |
 * | INVITE              | 488: the session stays as it is (RFC 3261 section 14.2) |
 * | any other           | 501 (RFC 3261 section 8.2.1 would say 405 to a method it knows; INFO and UPDATE we do not) |
 */
export function answerRequest(
  request: SipRequest,
  bytes: Uint8Array,
  flow: Pick<SipFlow, 'send'>,
  legs: ReadonlyMap<string, EstablishedLeg>,
  trace: TransactionTrace,
): void {
  trace.received(bytes)
  if (request.method === 'ACK') return
  const leg = legs.get(legKey(header(request, 'call-id') ?? '', tagOf(header(request, 'from') ?? '')))
  const [status, phrase] = replyTo(request.method, leg !== undefined)
  const response = responseTo(request, status, phrase)
  if (response !== undefined) {
    trace.sent(response)
    flow.send(response, () => {})
  }
  if (request.method === 'BYE') leg?.onRemoteBye()
}

/** By what a leg is known: ours is the same tag for all of one Call-ID (RFC 3261 section 12). */
export function legKey(callId: string, remoteTag: string): string {
  return `${callId} ${remoteTag}`
}

function replyTo(method: string, isOfLeg: boolean): [status: number, phrase: string] {
  switch (method) {
    case 'BYE':
      return isOfLeg ? [200, 'OK'] : [481, 'Call/Transaction Does Not Exist']
    case 'OPTIONS':
      return [200, 'OK']
    case 'INVITE':
      return [488, 'Not Acceptable Here']
    default:
      return [501, 'Not Implemented']
  }
}
