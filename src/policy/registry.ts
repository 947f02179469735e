import { all } from './all.ts'
import type { PolicyDefinition } from './definition.ts'
import { failover } from './failover.ts'
import { weighted } from './weighted.ts'

/** Every policy by the name that a configuration gives (`policy: failover`). */
export const policies: ReadonlyMap<string, PolicyDefinition> = new Map(
  [failover, weighted, all].map((policy) => [policy.name, policy]),
)
