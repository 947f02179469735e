import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import { wholeNumber } from '../../core/schemas.ts'
import { defineHook, type Finding, type Hook, type HookContext, type HookDeps } from './definition.ts'
import type { Cloud } from './floating-ip/api.ts'
import { digitalocean } from './floating-ip/digitalocean.ts'
import { hetzner } from './floating-ip/hetzner.ts'
import { apiUrl } from './http/url.ts'
import { holderFaults } from './moving/holders.ts'
import { checkMovable, type Movable, moveTo } from './moving/move.ts'

const CLOUDS: Readonly<Record<'hetzner' | 'digitalocean', Cloud>> = { hetzner, digitalocean }
const HOLDER = 'allowed: the id of a server (Hetzner) or droplet (DigitalOcean), a number'
const id = z
  .union([wholeNumber(1, Number.MAX_SAFE_INTEGER), z.string().regex(/^\d{1,15}$/, { error: HOLDER })], {
    error: HOLDER,
  })
  .transform(String)

const keys = z.strictObject({
  cloud: z.enum(['hetzner', 'digitalocean']).describe('Whose address it is: hetzner, digitalocean.'),
  address: z
    .union([wholeNumber(1, Number.MAX_SAFE_INTEGER).transform(String), z.string()])
    .describe('Hetzner: the id of the floating IP. DigitalOcean: the reserved IP itself.'),
  holders: z.record(z.string(), id).describe('For each target of the pool the id of its server or droplet.'),
  apiToken: z
    .string()
    .regex(/^[\x21-\x7e]{8,500}$/, { error: 'allowed: an API token, without blanks' })
    .describe('API token that may write; best taken from the environment.'),
  baseUrl: apiUrl().optional().describe('Where the API is, for tests.'),
})

export type FloatingIpOptions = z.output<typeof keys>

export const floatingIp = defineHook<FloatingIpOptions>({
  kind: 'floating-ip',
  summary:
    'Assigns a floating IP of Hetzner or a reserved IP of DigitalOcean to the live server, for clients that cannot follow DNS. Calls over the address break.',
  options: keys.superRefine(({ cloud, address }, context) => {
    const { pattern, allowed } = CLOUDS[cloud].address
    if (!pattern.test(address)) context.addIssue({ code: 'custom', message: allowed, path: ['address'] })
  }),
  takes: 'newest',
  atStart: 'ensure',
  events: ['decision.changed'],
  defaultOn: ['decision.changed'],
  defaultTimeoutMs: 60_000,
  secrets: ({ apiToken }) => [apiToken],
  faults: ({ holders }, targets) => holderFaults(holders, targets),
  create: (settings, deps) => new FloatingIp(settings, deps),
})

class FloatingIp implements Hook {
  readonly #options: FloatingIpOptions
  readonly #deps: HookDeps
  readonly #address: Movable

  constructor(settings: FloatingIpOptions, deps: HookDeps) {
    this.#options = settings
    this.#deps = deps
    const cloud = CLOUDS[settings.cloud]
    const { address, apiToken } = settings
    const baseUrl = (settings.baseUrl ?? cloud.baseUrl).replace(/\/$/, '')
    this.#address = cloud.create({ address, token: apiToken, baseUrl }, deps.timers)
  }

  run(event: SipvaneEvent, context: HookContext): Promise<void> {
    return moveTo(event, this.#options.holders, this.#address, context, this.#deps.timers)
  }

  check(_event: SipvaneEvent, { signal }: HookContext): Promise<Finding[]> {
    return checkMovable(this.#options.holders, this.#address, signal)
  }
}
