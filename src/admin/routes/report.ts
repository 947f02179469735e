import { z } from 'zod'
import { outcome, REASONS, type ReasonCode } from '../../core/outcome.ts'
import { duration } from '../../core/schemas.ts'
import { problem, type Routes } from './route.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const reasons = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]

const body = z
  .strictObject({
    result: z.enum(['pass', 'fail', 'inconclusive']),
    reason: z.enum(reasons).optional(),
    detail: z.string().max(500).optional(),
    /** A pass that should degrade the target. */
    impaired: z.string().min(1).max(500).optional(),
    rttMs: z.number().min(0).max(HOUR_MS).optional(),
    /** How long the report is worth something; the probe's own time where absent. */
    expiresIn: duration({ minMs: 1000, maxMs: 7 * DAY_MS }).optional(),
    /** Which push probe it is for, where the pool has several. */
    probe: z.string().max(63).optional(),
  })
  .refine(
    ({ result, reason }) => reason === undefined || outcome(reason, { attempts: 0 }).result === result,
    {
      error: 'this reason goes with another result',
      path: ['reason'],
    },
  )
  .refine(({ result, impaired }) => impaired === undefined || result === 'pass', {
    error: 'only a pass can be impaired',
    path: ['impaired'],
  })

/** What a cron job, keepalived or the server itself found out about a target; it counts at once. */
export const reportRoutes: Routes = (server, facade) => {
  server.put<{ Params: { pool: string; target: string } }>(
    '/v1/pools/:pool/targets/:target/report',
    async (request, reply) => {
      const parsed = body.safeParse(request.body)
      if (!parsed.success) {
        reply.code(400)
        return problem('bad-request', z.prettifyError(parsed.error))
      }
      const { result, reason, detail, impaired, rttMs, expiresIn, probe } = parsed.data
      const receipt = facade.report(request.params.pool, request.params.target, {
        result,
        ...(reason === undefined ? {} : { reason }),
        ...(detail === undefined ? {} : { detail }),
        ...(impaired === undefined ? {} : { impaired }),
        ...(rttMs === undefined ? {} : { rttMs }),
        ...(expiresIn === undefined ? {} : { expiresInMs: expiresIn }),
        ...(probe === undefined ? {} : { probe }),
      })
      if (receipt.taken) return { status: 'taken', probe: receipt.probe }
      reply.code(receipt.code === 'which-probe' ? 409 : 404)
      return problem(receipt.code, receipt.message)
    },
  )
}
