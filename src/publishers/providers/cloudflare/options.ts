import { z } from 'zod'
import type { DomainName } from '../../../core/brand.ts'
import type { RecordType } from '../../../core/records.ts'
import { duration, wholeNumber } from '../../../core/schemas.ts'
import { canonicalName, NameError } from '../../../wire/dns/name.ts'

export const PLANS = ['free', 'pro', 'business', 'enterprise'] as const
export type Plan = (typeof PLANS)[number]

/**
 * What a plan allows, by Cloudflare's own pages: "Batch record changes", "TTL", "Record attributes". Seconds, changes in one
 * batch, characters of a comment.
 */
export const PLAN_LIMITS: Readonly<Record<Plan, { ttlMin: number; batch: number; comment: number }>> = {
  free: { ttlMin: 60, batch: 200, comment: 100 },
  pro: { ttlMin: 60, batch: 3500, comment: 500 },
  business: { ttlMin: 60, batch: 3500, comment: 500 },
  enterprise: { ttlMin: 30, batch: 3500, comment: 500 },
}

/** Until the zone tells its plan, the narrowest is assumed. */
export const ASSUMED_PLAN: Plan = 'free'

/** Seconds. */
export const TTL_MAX = 86_400
/** What TTL 1, "automatic", is answered as, in seconds. */
export const TTL_AUTOMATIC = 300

/** The types that can be read and written. */
export const TYPES = [
  'A',
  'AAAA',
  'CNAME',
  'MX',
  'NS',
  'PTR',
  'TXT',
  'SRV',
  'NAPTR',
  'CAA',
] as const satisfies readonly RecordType[]

const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4'

const ZONE_ID = /^[0-9a-f]{32}$/
/** What may stand in a path of the API. */
const ANY_ID = /^[A-Za-z0-9_-]{1,64}$/
const ZONE_ID_ALLOWED = 'allowed: 32 hex digits, as the overview page of the zone shows them'
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const zoneName = z.string().transform((text, context): DomainName => {
  try {
    const name = canonicalName(text)
    if (name !== '.') return name
  } catch (error) {
    if (!(error instanceof NameError)) throw error
  }
  context.addIssue({ code: 'custom', message: 'allowed: the name of a zone, like example.com' })
  return z.NEVER
})

const baseUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The token travels in a header: never in the clear over a network.
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (safe && url.username === '' && url.search === '' && url.hash === '') return
  context.addIssue({ code: 'custom', message: 'allowed: an https URL, or http on loopback, without query' })
})

const keys = z.strictObject({
  zoneId: z
    .string()
    .regex(ANY_ID, ZONE_ID_ALLOWED)
    .optional()
    .describe('Id of the zone. Without it the zone is found by its name, which needs Zone:Read.'),
  zone: zoneName
    .optional()
    .describe(
      'Name of the zone at Cloudflare, its apex. Needed where the token has no Zone:Read, or there is no zoneId.',
    ),
  apiToken: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{4,200}$/,
      'allowed: an API token (not the Global API Key), without quotes or blanks',
    )
    .describe('API token with DNS:Edit for this one zone; best taken from the environment.'),
  plan: z
    .enum(PLANS)
    .optional()
    .describe(
      'Plan of the zone: sets the lowest TTL (60s, enterprise 30s) and the size of a batch (free 200, else 3500). ' +
        'Default: free, until the zone tells.',
    ),
  batchSize: wholeNumber(1, 3500)
    .optional()
    .describe('Changes in one call, where fewer than the plan allows.'),
  mark: z
    .enum(['comment', 'tag'])
    .default('comment')
    .describe('Where a record says whose it is: its comment, or a tag (paid plans). Default comment.'),
  access: z
    .enum(['edit', 'read'])
    .default('edit')
    .describe('read: the token may only read, as a plan in CI needs; changes are refused. Default edit.'),
  recheck: duration({ maxMs: 86_400_000 })
    .default(600_000)
    .describe(
      'A set that was last read longer ago is read again right before it is replaced (before it is created or deleted it always is); 0s: always. Default 10m.',
    ),
  timeout: duration({ minMs: 100, maxMs: 120_000 })
    .default(10_000)
    .describe('Budget of one call, its answer included. Default 10s.'),
  baseUrl: baseUrl.optional().describe('Where the API is, for tests.'),
})

export interface CloudflareOptions {
  readonly zoneId?: string
  readonly zone?: DomainName
  readonly apiToken: string
  readonly plan?: Plan
  readonly batchSize?: number
  readonly mark: 'comment' | 'tag'
  readonly access: 'edit' | 'read'
  readonly recheckMs: number
  readonly timeoutMs: number
  readonly baseUrl: string
}

export const options: z.ZodType<CloudflareOptions> = keys
  .superRefine((seen, context) => {
    if (seen.zoneId === undefined && seen.zone === undefined)
      context.addIssue({ code: 'custom', message: 'allowed: zoneId or zone, or both', path: ['zoneId'] })
    // Another API than Cloudflare's own has ids of its own.
    const ours = seen.zoneId === undefined || !ANY_ID.test(seen.zoneId) || ZONE_ID.test(seen.zoneId)
    if (!ours && seen.baseUrl === undefined)
      context.addIssue({ code: 'custom', message: ZONE_ID_ALLOWED, path: ['zoneId'] })
    if (seen.mark === 'tag' && seen.plan === 'free')
      context.addIssue({
        code: 'custom',
        message: 'allowed: comment; the free plan has no tags',
        path: ['mark'],
      })
  })
  .transform(({ recheck, timeout, baseUrl, zoneId, zone, plan, batchSize, ...rest }) => ({
    ...rest,
    recheckMs: recheck,
    timeoutMs: timeout,
    baseUrl: baseUrl ?? DEFAULT_BASE_URL,
    ...(zoneId === undefined ? {} : { zoneId }),
    ...(zone === undefined ? {} : { zone }),
    ...(plan === undefined ? {} : { plan }),
    ...(batchSize === undefined ? {} : { batchSize }),
  }))
