import { type Judgement, judgeOptionsAnswer } from '../response-table.ts'

/**
 * What a final response to a test call says. Other than for OPTIONS, the question is whether this call goes through: an extension that
 * is not there is a dialplan that is not there.
 *
 * | response              | judged       | why |
 * |-----------------------|--------------|-----|
 * | 2xx                   | ok           | |
 * | 486 600 603 607 608   | ok-noted     | routed to somebody who is busy or declines: signalling works, the call was not made |
 * | 404 410 480 484 485 604 | bad-status | the extension is not there: the dialplan or what stands behind it is gone |
 * | 405 501               | bad-status   | takes no calls at all |
 * | 487                   | bad-status   | cut off by somebody behind the server; we had not cancelled |
 * | 488 606               | ok-noted     | our offer was disliked: never fail over on our own fault |
 * | any other             |              | as for OPTIONS: 408, 482, 483 and 5xx fail, 503 with Retry-After is overload, other 4xx are noted |
 */
export function judgeInviteAnswer(status: number, retryAfterMs: number | undefined): Judgement {
  return (
    ROWS.get(status) ??
    judgeOptionsAnswer({ status, maxForwards: 70, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  )
}

const ABSENT: Judgement = { reason: 'bad-status', note: 'the extension is not there' }
const BUSY: Judgement = { reason: 'ok-noted', note: 'the call was routed, and not taken' }
const NO_CALLS: Judgement = { reason: 'bad-status', note: 'the server takes no calls' }
const DISLIKED: Judgement = { reason: 'ok-noted', note: 'the server works but dislikes the offer' }

const ROWS: ReadonlyMap<number, Judgement> = new Map<number, Judgement>([
  ...[404, 410, 480, 484, 485, 604].map((status): [number, Judgement] => [status, ABSENT]),
  ...[486, 600, 603, 607, 608].map((status): [number, Judgement] => [status, BUSY]),
  ...[405, 501].map((status): [number, Judgement] => [status, NO_CALLS]),
  ...[488, 606].map((status): [number, Judgement] => [status, DISLIKED]),
  [487, { reason: 'bad-status', note: 'the call was cut off' }],
])
