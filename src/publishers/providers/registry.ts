import { cloudflare } from './cloudflare.ts'
import type { ProviderDefinition } from './definition.ts'
import { rfc2136 } from './rfc2136.ts'
import { route53 } from './route53.ts'

const definitions: readonly ProviderDefinition[] = [
  cloudflare as ProviderDefinition,
  route53 as ProviderDefinition,
  rfc2136 as ProviderDefinition,
]

/** Every kind of provider, by the `type` it has in the configuration. */
export const providerDefinitions: ReadonlyMap<string, ProviderDefinition> = new Map(
  definitions.map((definition) => [definition.kind, definition]),
)
