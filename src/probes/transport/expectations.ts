import { parseCSeq } from '../../wire/sip/header-values.ts'
import { header, type SipRequest, type SipResponse } from '../../wire/sip/message.ts'
import { parseMessage } from '../../wire/sip/parse.ts'
import { topVia, type Via } from '../../wire/sip/via.ts'
import { type CompletedTransaction, CompletedTransactions } from './completed.ts'
import type { SocketFault } from './errno-reasons.ts'

/** One request that waits for its answer on a channel. */
export interface Expectation {
  readonly branch: string
  readonly callId: string
  readonly method: string
  /** Provisional or final; ours beyond doubt. */
  onResponse(response: SipResponse, via: Via, bytes: Uint8Array): void
  /** INVITE only: an answer to its CANCEL, which has the same branch (RFC 3261 section 9.1). */
  onCancelResponse?(response: SipResponse, bytes: Uint8Array): void
  /** Carries our branch, which nobody can guess, but is broken elsewhere: the server answered, badly. */
  onBroken(why: string, bytes: Uint8Array): void
  /** The channel cannot bring the answer any more. */
  onFault(fault: SocketFault): void
  /** Something else came in meanwhile. */
  onStray(what: string, bytes: Uint8Array): void
}

/** Takes what the far end asks inside a call of ours. */
export type RequestTaker = (request: SipRequest, bytes: Uint8Array) => void

/** Mutable tallies, shared by all channels of one pool. */
export interface StrayCounts {
  malformed: number
  foreign: number
  requests: number
}

/**
 * Tells answers apart on a shared socket by topmost Via branch and CSeq method (RFC 3261 section 17.1.3), and by
 * Call-ID on top. What does not match is counted and otherwise without effect.
 */
export class Expectations {
  // A socket seldom serves two questions at once. An array of one costs nothing to fill and to empty; a Map makes a new table each time.
  readonly #waiting: Expectation[] = []
  #takers: Map<string, RequestTaker> | undefined
  #completed: CompletedTransactions | undefined
  readonly #counts: StrayCounts

  constructor(counts: StrayCounts) {
    this.#counts = counts
  }

  get size(): number {
    return this.#waiting.length
  }

  add(expectation: Expectation): void {
    this.#waiting.push(expectation)
  }

  remove(expectation: Expectation): void {
    const place = this.#waiting.indexOf(expectation)
    if (place >= 0) this.#waiting.splice(place, 1)
  }

  /** It waits for nothing, and wants to be told of what comes all the same. */
  complete(transaction: CompletedTransaction): void {
    this.#completed ??= new CompletedTransactions()
    this.#completed.add(transaction)
  }

  /** From now on requests with that Call-ID go to `taker`; the returned function ends it. */
  take(callId: string, taker: RequestTaker): () => void {
    const takers = this.#takers ?? new Map<string, RequestTaker>()
    this.#takers = takers
    takers.set(callId, taker)
    return () => takers.delete(callId)
  }

  fail(fault: SocketFault): void {
    for (const expectation of [...this.#waiting]) expectation.onFault(fault)
  }

  /**
   * | parsed as                | branch is ours | CSeq, Call-ID | then |
   * |--------------------------|----------------|---------------|------|
   * | response                 | yes            | match         | it is the answer |
   * | response                 | yes            | unreadable    | broken answer |
   * | response                 | yes            | differ        | stray: forged or confused |
   * | response                 | no, but of a transaction just answered | match, final | the answer to its other transmission |
   * | response                 | no             | -             | stray: late, doubled, foreign |
   * | request                  | -              | a call of ours | it is for that call |
   * | request                  | -              | -             | stray |
   * | nothing, or no Via       | found in bytes | -             | broken answer |
   * | nothing, or no Via       | not found      | -             | stray |
   */
  deliver(bytes: Uint8Array): void {
    const parsed = parseMessage(bytes)
    if (!parsed.ok) {
      this.#unreadable(bytes, parsed.fault)
      return
    }
    const message = parsed.value
    if (message.kind === 'request') {
      this.#counts.requests++
      const taker = this.#takers?.get(header(message, 'call-id') ?? '')
      if (taker === undefined) this.#stray('a request', bytes)
      else taker(message, bytes)
      return
    }
    const via = topVia(message)
    if (via?.branch === undefined) this.#unreadable(bytes, 'via')
    else this.#match(message, via, via.branch, bytes)
  }

  #match(message: SipResponse, via: Via, branch: string, bytes: Uint8Array): void {
    const expectation = this.#waiting.find((each) => each.branch === branch)
    const cseq = parseCSeq(header(message, 'cseq'))
    const callId = header(message, 'call-id')
    if (expectation === undefined) {
      if (message.status >= 200 && this.#completed?.hears(branch, callId, cseq?.method) === true) return
      this.#counts.foreign++
      this.#stray('an answer to something else, or a late one', bytes)
      return
    }
    if (cseq === undefined || callId === undefined) this.#unreadable(bytes, 'cseq or call-id')
    else if (cseq.method === expectation.method && callId === expectation.callId) {
      expectation.onResponse(message, via, bytes)
    } else if (
      cseq.method === 'CANCEL' &&
      callId === expectation.callId &&
      expectation.onCancelResponse !== undefined
    ) {
      expectation.onCancelResponse(message, bytes)
    } else {
      this.#counts.foreign++
      this.#stray('our branch with a CSeq or Call-ID that is not ours', bytes)
    }
  }

  #unreadable(bytes: Uint8Array, why: string): void {
    this.#counts.malformed++
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const owner = this.#waiting.find((each) => buffer.includes(each.branch, 0, 'latin1'))
    if (owner !== undefined) owner.onBroken(why, bytes)
    else this.#stray(`not SIP (${why})`, bytes)
  }

  #stray(what: string, bytes: Uint8Array): void {
    for (const expectation of [...this.#waiting]) expectation.onStray(what, bytes)
  }
}
