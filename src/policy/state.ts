import { z } from 'zod'
import type { TargetId } from '../core/brand.ts'
import type { Merit, PolicyState, Tenure } from './definition.ts'

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
  standing: z.enum(['up', 'degraded', 'drain', 'down']),
  sinceMs: instantMs,
  returnedAtMs: instantMs.optional(),
  leftAtMs: instantMs.optional(),
})

const merit = z.object({
  rank: z.literal([0, 1, 2]),
  worst: z.literal([1, 2]),
  penalty: z.number().min(0),
  atMs: instantMs,
  untilMs: instantMs.optional(),
})

const basis = z.object({
  by: z.enum(['machine', 'override', 'override-ended']),
  as: z.string(),
})

const policyState = z.object({
  incumbents: z.array(z.string()),
  tenures: z.record(z.string(), tenure),
  served: serving.optional(),
  good: serving.optional(),
  merits: z.record(z.string(), merit).optional(),
  shifts: z.array(z.object({ atMs: instantMs, percent: z.number().min(0).max(100) })).optional(),
  admitted: z.record(z.string(), z.boolean()).optional(),
  movedAtMs: instantMs.optional(),
  bases: z.record(z.string(), basis).optional(),
})

/** A state that was kept on disk; undefined when it is not one (another version's, or damaged): a decision then starts afresh. */
export function readPolicyState(value: unknown): PolicyState | undefined {
  const parsed = policyState.safeParse(value)
  if (!parsed.success) return undefined
  const { incumbents, tenures, merits, ...rest } = parsed.data
  return {
    incumbents,
    tenures: mapped(tenures, (record) => present<Tenure>(record)),
    ...present<Omit<PolicyState, 'incumbents' | 'tenures' | 'merits'>>(rest),
    ...(merits === undefined ? {} : { merits: mapped(merits, (record) => present<Merit>(record)) }),
  }
}

/** Without the keys that hold undefined, as zod's optional ones may by their type. */
function present<T extends object>(record: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  to: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]))
}
