import { z } from 'zod'
import { wholeNumber } from '../../core/schemas.ts'
import type { Cloud } from './floating-ip/api.ts'
import { digitalocean } from './floating-ip/digitalocean.ts'
import { hetzner } from './floating-ip/hetzner.ts'
import { apiUrl } from './http/url.ts'
import { defineMovingHook } from './moving/hook.ts'

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

export const floatingIp = defineMovingHook<FloatingIpOptions>({
  kind: 'floating-ip',
  summary:
    'Assigns a floating IP of Hetzner or a reserved IP of DigitalOcean to the live server, for clients that cannot follow DNS. Calls over the address break.',
  options: keys.superRefine(({ cloud, address }, context) => {
    const { pattern, allowed } = CLOUDS[cloud].address
    if (!pattern.test(address)) context.addIssue({ code: 'custom', message: allowed, path: ['address'] })
  }),
  defaultTimeoutMs: 60_000,
  secrets: ({ apiToken }) => [apiToken],
  movable({ cloud, address, apiToken: token, baseUrl }, { timers }) {
    const api = CLOUDS[cloud]
    return api.create({ address, token, baseUrl: (baseUrl ?? api.baseUrl).replace(/\/$/, '') }, timers)
  },
})
