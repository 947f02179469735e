import { type Judgement, judgeOptionsAnswer } from '../response-table.ts'

/**
 * What a final response to REGISTER says, challenges aside. Other than for OPTIONS, the question is whether phones can register.
 *
 * | response           | judged     | why |
 * |--------------------|------------|-----|
 * | 2xx                | ok         | the account was let in, the location store answered |
 * | 405 501            | bad-status | no registrar, or none any more |
 * | 480 6xx            | bad-status | it refuses registrations |
 * | any other          |            | as for OPTIONS: 408 and 5xx fail (a registrar without its database says 500), 503 with Retry-After is overload, other 4xx are noted |
 *
 * 401, 407, 403 and 404 are about our account, not about the registrar: see `credentials-refused`.
 */
export function judgeRegisterAnswer(status: number, retryAfterMs: number | undefined): Judgement {
  if (status === 405 || status === 501) return { reason: 'bad-status', note: 'it registers nobody' }
  if (status === 480 || status >= 600) return { reason: 'bad-status', note: 'it refuses registrations' }
  return judgeOptionsAnswer({
    status,
    maxForwards: 70,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
