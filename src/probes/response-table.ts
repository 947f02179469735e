import type { ReasonCode } from '../core/outcome.ts'

export interface Judgement {
  readonly reason: ReasonCode
  /** Why, in plain words. */
  readonly note?: string
}

export interface AnswerFacts {
  /** Final: 200 to 699. */
  readonly status: number
  /** From Retry-After, where it was there and could be read. */
  readonly retryAfterMs?: number
  /** What our request carried. */
  readonly maxForwards: number
}

/**
 * What a final response to OPTIONS says about the server. The question is "can it take calls?", not "did it like us?".
 *
 * | response                                   | judged       | why |
 * |--------------------------------------------|--------------|-----|
 * | 2xx                                        | ok           | |
 * | 3xx                                        | ok-noted     | the element answers; it says the target moved |
 * | 401, 407                                   | ok           | asking for credentials is normal (Asterisk, for whom it does not know) |
 * | 403                                        | ok-noted     | an access list keeps the monitor out, not the phones |
 * | 404 405 410 484 485 488 501 604 606        | ok           | user or method unknown: the server works |
 * | 480                                        | ok           | OPTIONS named no user who could be away; `expect` can say otherwise |
 * | 486 600 603                                | ok           | the code an INVITE would get (RFC 3261 section 11.2): busy is not dead |
 * | 483, Max-Forwards 0                        | ok           | the first hop proved alive (RFC 3261 section 16.3) |
 * | 483, Max-Forwards 1 to 9                   | ok-noted     | the chain is longer than we allowed, or loops |
 * | 483, Max-Forwards 10 and more              | bad-status   | a routing loop: calls fail too |
 * | 482                                        | bad-status   | the same, noticed by the server |
 * | 408 502 504                                | bad-status   | a proxy lives, what is behind it does not |
 * | 503 with Retry-After                       | overload     | alive, wants no new calls (RFC 3261 section 21.5.4) |
 * | 503 without                                | bad-status   | clients skip it anyway (RFC 3263 section 4.3) |
 * | 505 513                                    | ok-noted     | our message was disliked: never fail over on our own fault |
 * | other 4xx (400 414 415 416 420 421 …)      | ok-noted     | likewise; an unknown 4xx counts as 400 (RFC 3261 section 8.1.3.2) |
 * | other 5xx (500 580 …)                      | bad-status   | proxies turn a downstream 503 into 500 (RFC 3261 section 16.7) |
 * | other 6xx                                  | ok           | as 600 (RFC 3261 section 8.1.3.2) |
 */
export function judgeOptionsAnswer({ status, retryAfterMs, maxForwards }: AnswerFacts): Judgement {
  if (status === 483) return judgeTooManyHops(maxForwards)
  if (status === 503 && retryAfterMs !== undefined) {
    return { reason: 'overload', note: `asks for no new calls for ${Math.round(retryAfterMs / 1000)} s` }
  }
  const row = ROWS.get(status)
  if (row !== undefined) return row
  switch (Math.floor(status / 100)) {
    case 2:
      return { reason: 'ok' }
    case 3:
      return { reason: 'ok-noted', note: 'the server redirects' }
    case 4:
      return DISLIKED
    case 5:
      return { reason: 'bad-status', note: 'the server failed' }
    case 6:
      return { reason: 'ok' }
    default:
      return { reason: 'bad-reply', note: 'not a final SIP status' }
  }
}

const DISLIKED: Judgement = { reason: 'ok-noted', note: 'the server works but dislikes the probe message' }
const BEHIND: Judgement = { reason: 'bad-status', note: 'what is behind the server does not answer' }
const ALIVE: Judgement = { reason: 'ok' }

const ROWS: ReadonlyMap<number, Judgement> = new Map<number, Judgement>([
  ...[401, 404, 405, 407, 410, 480, 484, 485, 486, 488, 501, 600, 603, 604, 606].map(
    (status): [number, Judgement] => [status, ALIVE],
  ),
  [403, { reason: 'ok-noted', note: 'an access list may keep this monitor out' }],
  [408, BEHIND],
  [482, { reason: 'bad-status', note: 'the server sees a routing loop' }],
  [502, BEHIND],
  [503, { reason: 'bad-status', note: 'the server is out of service' }],
  [504, BEHIND],
  [505, DISLIKED],
  [513, DISLIKED],
])

function judgeTooManyHops(maxForwards: number): Judgement {
  if (maxForwards === 0) return { reason: 'ok', note: 'the first hop answers' }
  if (maxForwards < 10) return { reason: 'ok-noted', note: 'more hops than maxForwards allows' }
  return { reason: 'bad-status', note: 'a routing loop behind the server' }
}
