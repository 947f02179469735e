import type { DomainName } from '../../core/brand.ts'
import type { Random } from '../../core/ports.ts'
import { type ClientAddress, emptyClientAddress } from './client-address.ts'
import type { ImageView } from './image/view.ts'
import { type AnswerPolicy, PLAIN_POLICY } from './policy.ts'

/** What an answer depends on beside the query's octets. One object a thread: who receives a query sets the fields that differ. */
export interface AnswerContext {
  /** Undefined before the first snapshot. */
  view: ImageView | undefined
  readonly random: Random
  readonly policy: AnswerPolicy
  transport: 'udp' | 'tcp'
  client: ClientAddress
  /** Epoch milliseconds; a batch of queries may share it. */
  nowMs: number
  /** TCP: what RFC 7828 tells a client that asks. */
  idleTimeoutMs: number
  /** The key that the query was signed with, where its signature holds. */
  key: DomainName | undefined
  /** Octets of the reply to be kept free, for its own signature. */
  reservedOctets: number
  /** Set by `answer`: the reply's whole RCODE, 12 bits. */
  rcode: number
  /** Set by `answer`, when it gives no reply: the client has had too many. */
  withheld: boolean
}

export function answerContext(random: Random, policy: AnswerPolicy = PLAIN_POLICY): AnswerContext {
  return {
    view: undefined,
    random,
    policy,
    transport: 'udp',
    client: emptyClientAddress(),
    nowMs: 0,
    idleTimeoutMs: 0,
    key: undefined,
    reservedOctets: 0,
    rcode: 0,
    withheld: false,
  }
}
