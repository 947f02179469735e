import { messageOf } from '../../../core/errors.ts'
import { HookError } from '../error.ts'

/**
 * nodemailer's `code`, and the reply code of RFC 5321 section 4.2.1 where the server spoke:
 *
 * | seen                                  | fault         |
 * |---------------------------------------|---------------|
 * | we stopped it                         | `stopped`     |
 * | EAUTH, 535, 530                       | `credentials` |
 * | 4yz: transient                        | `failed`      |
 * | 5yz: permanent                        | `refused`     |
 * | ECONNECTION, ETIMEDOUT, ESOCKET, EDNS | `unreachable` |
 * | ETLS                                  | `refused`     |
 * | others                                | `failed`      |
 */
export function faultOfSmtp(error: unknown, server: string, aborted: boolean): HookError {
  if (aborted) return new HookError('stopped', 'stopped')
  const { code, responseCode } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    responseCode?: unknown
  }
  const message = `${server} did not take the letter: ${messageOf(error)}`
  const reply = typeof responseCode === 'number' ? responseCode : 0
  if (code === 'EAUTH' || reply === 535 || reply === 530) return new HookError('credentials', message)
  if (reply >= 400 && reply < 500) return new HookError('failed', message)
  if (reply >= 500 || code === 'ETLS') return new HookError('refused', message)
  if (['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'ECONNREFUSED'].includes(String(code)))
    return new HookError('unreachable', message)
  return new HookError('failed', message)
}
