import { z } from 'zod'
import { duration } from '../../core/schemas.ts'
import { problem, type Routes } from './route.ts'

const DAY_MS = 86_400_000

const body = z.strictObject({
  kind: z.enum(['up', 'down', 'drain']),
  /** How long; absent: until it is withdrawn. */
  for: duration({ minMs: 1000, maxMs: 365 * DAY_MS }).optional(),
  reason: z.string().max(500).optional(),
  author: z.string().max(100).optional(),
})

/** An operator's word on a target. It passes the guardrails, and the log says whose it was. */
export const overrideRoutes: Routes = (server, facade) => {
  const path = '/v1/pools/:pool/targets/:target/override'
  server.put<{ Params: { pool: string; target: string } }>(path, async (request, reply) => {
    const parsed = body.safeParse(request.body)
    if (!parsed.success) {
      reply.code(400)
      return problem('bad-request', z.prettifyError(parsed.error))
    }
    const { kind, for: forMs, reason, author } = parsed.data
    const { pool, target } = request.params
    const known = facade.setOverride(pool, target, {
      kind,
      ...(forMs === undefined ? {} : { forMs }),
      ...(reason === undefined ? {} : { reason }),
      ...(author === undefined ? {} : { author }),
    })
    if (known) return { status: 'set' }
    reply.code(404)
    return problem('unknown-target', 'there is no target of this name in this pool')
  })
  server.delete<{ Params: { pool: string; target: string } }>(path, async (request, reply) => {
    const { pool, target } = request.params
    if (facade.setOverride(pool, target, undefined)) return { status: 'withdrawn' }
    reply.code(404)
    return problem('unknown-target', 'there is no target of this name in this pool')
  })
}
