import { z } from 'zod'
import { probeDefinitions } from '../probes/registry.ts'
import { hookDefinitions } from '../publishers/hooks/registry.ts'
import { providerDefinitions } from '../publishers/providers/registry.ts'
import { ENTRY_NAME, TARGET_NAME } from './names.ts'
import { answerShape } from './sections/answers.ts'
import { commonHookShape } from './sections/hooks.ts'
import { adminShape, dnsShape, instanceShape } from './sections/instance.ts'
import { lbShape } from './sections/lb.ts'
import { monitorShape } from './sections/monitor.ts'
import { poolShape } from './sections/pools.ts'
import { commonProbeShape } from './sections/probes.ts'
import { commonProviderShape } from './sections/providers.ts'
import { keyShape } from './sections/secondaries.ts'
import { targetShape } from './sections/targets.ts'
import { zoneShape } from './sections/zones.ts'

type Json = { [key: string]: unknown }

/** Values are filled in from the environment before they are checked, so an editor must let any `${NAME}` stand. */
const VARIABLE = '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}'

const sipvane = z.strictObject({
  ...instanceShape,
  dns: z.strictObject(dnsShape).optional().describe('The DNS responder. Absent: none on this instance.'),
  keys: z
    .record(z.string(), z.strictObject(keyShape))
    .optional()
    .describe('Keys of TSIG (RFC 8945) by their names.'),
  probes: z.record(z.string().regex(ENTRY_NAME.pattern), z.unknown()).optional().describe('Probes by name.'),
  pools: z
    .record(
      z.string().regex(ENTRY_NAME.pattern),
      z.strictObject({
        ...poolShape,
        targets: targets().describe('Targets by name; the name becomes a host name in SRV answers.'),
        fallback: targets()
          .optional()
          .describe('With allDown: fallback: what is answered then. These targets are not probed.'),
      }),
    )
    .optional()
    .describe('Pools by name.'),
  zones: z
    .record(
      z.string(),
      z.strictObject({
        ...zoneShape,
        answers: z
          .array(z.strictObject(answerShape))
          .optional()
          .describe("Names that are answered from a pool's decision."),
      }),
    )
    .optional()
    .describe('Zones by name.'),
  providers: z
    .record(z.string().regex(ENTRY_NAME.pattern), z.unknown())
    .optional()
    .describe('Managed zones that record sets are kept in, by name.'),
  hooks: z
    .record(z.string().regex(ENTRY_NAME.pattern), z.unknown())
    .optional()
    .describe('What is done when something happens, by name.'),
  monitor: z.strictObject(monitorShape).optional().describe("The monitor's own place in the network."),
  admin: z.strictObject(adminShape).optional().describe('HTTP API and dashboard. Absent: none.'),
  lb: z.strictObject(lbShape).optional().describe('What other balancers are told at /lb/:pool/:target.'),
})

function targets() {
  return z.record(z.string().regex(TARGET_NAME.pattern), z.strictObject(targetShape))
}

/**
 * The configuration as JSON Schema, draft 2020-12, for editors. It accepts all that `loadConfig` accepts; what takes more than
 * one value to see (references, ranges that depend on each other, zone text) only `loadConfig` finds.
 */
export function configJsonSchema(): Json {
  const schema = toJson(sipvane)
  const { probes, providers, zones, hooks } = schema.properties as Record<
    'probes' | 'providers' | 'zones' | 'hooks',
    Json
  >
  probes.additionalProperties = {
    anyOf: [...probeDefinitions.values()].map(({ kind, summary, options }) =>
      kindJson('probe', kind, summary, commonProbeShape, toJson(options)),
    ),
  }
  providers.additionalProperties = {
    anyOf: [...providerDefinitions.values()].map(({ kind, summary, options }) =>
      kindJson('provider', kind, summary, commonProviderShape, toJson(options)),
    ),
  }
  hooks.additionalProperties = {
    anyOf: [...hookDefinitions.values()].map(({ kind, summary, options }) =>
      kindJson('hook', kind, summary, commonHookShape, toJson(options)),
    ),
  }
  // Whoever serves a zone needs its name servers; a managed zone has its own.
  Object.assign(zones.additionalProperties as Json, {
    anyOf: [
      { required: ['nameservers'] },
      {
        required: ['publish'],
        properties: { publish: { description: 'Providers only.', items: { pattern: '^(?!dns$)' } } },
      },
    ],
  })
  const title = 'sipvane configuration'
  return withVariables({
    ...schema,
    title,
    anyOf: [{ required: ['pools'] }, { required: ['zones'] }],
  }) as Json
}

/** One kind of probe or provider: `type`, the keys that all kinds have, and its own. */
function kindJson(
  of: string,
  kind: string,
  summary: string,
  shared: z.core.$ZodLooseShape,
  options: Json,
): Json {
  if (options.type !== 'object') throw new TypeError(`the options of ${of} kind ${kind} are no plain mapping`)
  const common = toJson(z.strictObject(shared))
  return {
    type: 'object',
    description: summary,
    properties: {
      type: { const: kind, description: `Kind of ${of}.` },
      ...(common.properties as Json),
      ...(options.properties as Json | undefined),
    },
    required: ['type', ...((options.required as string[] | undefined) ?? [])],
    additionalProperties: false,
  }
}

function toJson(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    // A default is kept in the unit that the code works in; the description tells it as one would write it.
    override: ({ jsonSchema }) => {
      delete jsonSchema.default
    },
  }) as Json
}

/** The same schema with `${NAME}` let through wherever it asks for text of a certain form. Keys are never filled in. */
function withVariables(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withVariables)
  if (typeof json !== 'object' || json === null) return json
  const out: Json = {}
  for (const [key, value] of Object.entries(json)) {
    if (key === 'pattern' && typeof value === 'string') out[key] = `(?:${value})|${VARIABLE}`
    else out[key] = key === 'propertyNames' ? value : withVariables(value)
  }
  if (!Array.isArray(out.enum)) return out
  const { enum: names, type: _type, ...rest } = out
  return { ...rest, anyOf: [{ enum: names }, { type: 'string', pattern: VARIABLE }] }
}
