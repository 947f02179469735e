import { MAX_MESSAGE } from '../../wire/dns/message.ts'
import type { Query } from '../../wire/dns/query.ts'
import type { AnswerContext } from './context.ts'
import { UDP_PAYLOAD } from './reply-options.ts'

/** RFC 1035 section 4.2.1: all that may be sent over UDP to a client that did not say more. */
const UDP_MINIMUM = 512

/**
 * Octets that a reply may have, its own signature left out.
 *
 * | over | the client said            | octets                                                      |
 * |------|----------------------------|-------------------------------------------------------------|
 * | TCP  |                            | 65535                                                       |
 * | UDP  | nothing                    | 512                                                         |
 * | UDP  | less than 512              | 512 (RFC 6891 section 6.2.3)                                |
 * | UDP  | 512 to 1232                | as many                                                     |
 * | UDP  | more                       | 1232 (RFC 6891 section 6.2.5 lets the responder have a limit) |
 */
export function replyRoom(query: Query, { transport, reservedOctets }: AnswerContext): number {
  if (transport === 'tcp') return MAX_MESSAGE - reservedOctets
  const most = query.edns ? Math.min(Math.max(query.udpPayload, UDP_MINIMUM), UDP_PAYLOAD) : UDP_MINIMUM
  return most - reservedOctets
}
