import { z } from 'zod'
import { OVERRIDE_LENGTH, type OverrideOrder } from '../../app/override-order.ts'
import { duration } from '../../core/schemas.ts'
import { problem, type Routes } from './route.ts'

const words = {
  reason: z.string().max(500).optional(),
  author: z.string().max(100).optional(),
}

const override = z.strictObject({
  kind: z.enum(['up', 'down', 'drain']),
  /** How long; absent: until it is withdrawn. */
  for: duration(OVERRIDE_LENGTH).optional(),
  ...words,
})

const withdrawal = z.strictObject(words).optional()

type Where = { Params: { pool: string; target: string } }

/** An operator's word on a target. It passes the guardrails, and the log says whose it was. */
export const overrideRoutes: Routes = (server, facade) => {
  const path = '/v1/pools/:pool/targets/:target/override'
  server.put<Where>(path, async (request, reply) => {
    const parsed = override.safeParse(request.body)
    if (!parsed.success) {
      reply.code(400)
      return problem('bad-request', z.prettifyError(parsed.error))
    }
    const { pool, target } = request.params
    if (facade.setOverride(pool, target, orderOf(parsed.data))) return { status: 'set' }
    reply.code(404)
    return problem('unknown-target', 'there is no target of this name in this pool')
  })
  server.delete<Where>(path, async (request, reply) => {
    // Without a body there is null, or undefined where its type was named.
    const parsed = withdrawal.safeParse(request.body ?? undefined)
    if (!parsed.success) {
      reply.code(400)
      return problem('bad-request', z.prettifyError(parsed.error))
    }
    const { pool, target } = request.params
    if (facade.setOverride(pool, target, orderOf({ kind: 'auto', ...parsed.data })))
      return { status: 'withdrawn' }
    reply.code(404)
    return problem('unknown-target', 'there is no target of this name in this pool')
  })
}

function orderOf(said: {
  kind: OverrideOrder['kind']
  for?: number | undefined
  reason?: string | undefined
  author?: string | undefined
}): OverrideOrder {
  const { kind, for: forMs, reason, author } = said
  return {
    kind,
    ...(forMs === undefined ? {} : { forMs }),
    ...(reason === undefined ? {} : { reason }),
    ...(author === undefined ? {} : { author }),
  }
}
