import { z } from 'zod'
import type { TargetId } from '../core/brand.ts'
import type { PolicyState, Tenure } from './definition.ts'

const instantMs = z.number().min(0)
/** RFC 2782: 16 bits each. */
const uint16 = z.number().int().min(0).max(65_535)

const member = z.object({
  target: z.string().transform((id) => id as TargetId),
  name: z.string(),
  addresses: z.array(z.string()).min(1),
  priority: uint16,
  weight: uint16,
})

const serving = z.object({
  mode: z.enum(['normal', 'failover', 'last-resort', 'frozen']),
  members: z.array(member),
  active: z.array(member),
})

const tenure = z.object({
  standing: z.enum(['up', 'degraded', 'down']),
  sinceMs: instantMs,
  returnedAtMs: instantMs.optional(),
})

const policyState = z.object({
  incumbents: z.array(z.string()),
  tenures: z.record(z.string(), tenure),
  served: serving.optional(),
  good: serving.optional(),
})

/** A state that was kept on disk; undefined when it is not one (another version's, or damaged): a decision then starts afresh. */
export function readPolicyState(value: unknown): PolicyState | undefined {
  const parsed = policyState.safeParse(value)
  if (!parsed.success) return undefined
  const { incumbents, tenures, served, good } = parsed.data
  return {
    incumbents,
    tenures: Object.fromEntries(Object.entries(tenures).map(([id, record]) => [id, tenureOf(record)])),
    ...(served === undefined ? {} : { served }),
    ...(good === undefined ? {} : { good }),
  }
}

function tenureOf({ standing, sinceMs, returnedAtMs }: z.infer<typeof tenure>): Tenure {
  return { standing, sinceMs, ...(returnedAtMs === undefined ? {} : { returnedAtMs }) }
}
