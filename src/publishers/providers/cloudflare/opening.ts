import type { DomainName } from '../../../core/brand.ts'
import { canonicalName, NameError } from '../../../wire/dns/name.ts'
import { ProviderError } from '../error.ts'
import { type CloudflareClient, senseless } from './client.ts'
import type { CloudflareOptions, Plan } from './options.ts'
import { PLANS } from './options.ts'
import { bare } from './record.ts'

/** What was learned about the zone and our access to it. */
export interface Opened {
  readonly zoneId: string
  readonly origin: DomainName
  /** Undefined: the token may not read it. */
  readonly plan?: Plan
  /** In plain words, for log and status. */
  readonly notes: readonly string[]
}

interface ZoneFacts {
  readonly id: string
  readonly name: DomainName
  readonly plan: Plan | undefined
  readonly status: string
}

/** No record has it. */
const NOBODY = '0'.repeat(32)

/**
 * Checks the token, finds the zone, and asks for what we will need before we need it. Three to five calls.
 *
 * | zoneId | zone  | token has Zone:Read | what                                              |
 * |--------|-------|---------------------|---------------------------------------------------|
 * | given  | given | no                  | both are believed; the first reading tells        |
 * | given  | none  | no                  | refused: the apex is not known                    |
 * | given  | any   | yes                 | name and plan are read; another name is refused   |
 * | none   | given | no                  | refused: not found                                |
 * | none   | given | yes                 | found by name                                     |
 */
export async function openZone(
  client: CloudflareClient,
  options: CloudflareOptions,
  signal: AbortSignal,
): Promise<Opened> {
  const token = await verifyToken(client, signal)
  const facts = await findZone(client, options, token, signal)
  if (options.zone !== undefined && facts.name !== options.zone)
    throw new ProviderError('no-zone', `zone ${facts.id} is ${facts.name}, not ${options.zone}`)
  if (options.access === 'edit') await proveEdit(client, facts.id, token, signal)
  const reach = facts.plan === undefined ? undefined : await zonesInReach(client, signal)
  return {
    zoneId: facts.id,
    origin: facts.name,
    ...(facts.plan === undefined ? {} : { plan: facts.plan }),
    notes: [
      ...(facts.plan === undefined ? [] : [`${facts.plan} plan`]),
      ...(facts.status === 'active' ? [] : [`status ${facts.status}`]),
      ...(token.note === undefined ? [] : [token.note]),
      ...(reach === undefined || reach <= 1 ? [] : [`the token reaches ${reach} zones: one would do`]),
      ...(options.access === 'read' ? ['read only'] : []),
    ],
  }
}

interface TokenFacts {
  /** It exists and is active; else it may be one that an account owns, and the zone will tell. */
  readonly verified: boolean
  readonly note?: string
}

/** Rejects where the token is known to be of no use. */
async function verifyToken(client: CloudflareClient, signal: AbortSignal): Promise<TokenFacts> {
  const what = 'verify the API token'
  let seen: unknown
  try {
    seen = await client.call({ what, writes: false, signal }, (sdk, sdkOptions) =>
      sdk.user.tokens.verify(sdkOptions).withResponse(),
    )
  } catch (error) {
    // 1000 is said of unknown tokens and of those that an account owns.
    if (error instanceof ProviderError && error.apiCode === '1000') return { verified: false }
    throw error
  }
  const { status, expires_on: expires } = fieldsOf(seen)
  if (status !== 'active')
    throw new ProviderError(
      'credentials',
      `the API token is ${status === 'expired' ? 'expired' : 'disabled'}`,
    )
  const ends = typeof expires === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(expires)?.[0] : undefined
  return { verified: true, ...(ends === undefined ? {} : { note: `the token ends on ${ends}` }) }
}

async function findZone(
  client: CloudflareClient,
  { zoneId, zone }: CloudflareOptions,
  token: TokenFacts,
  signal: AbortSignal,
): Promise<ZoneFacts> {
  const what = 'find the zone'
  if (zoneId === undefined && zone !== undefined) return findByName(client, zone, signal)
  const id = zoneId ?? ''
  try {
    const seen = await client.call({ what, writes: false, signal }, (sdk, sdkOptions) =>
      sdk.zones.get({ zone_id: id }, sdkOptions).withResponse(),
    )
    return readZone(seen)
  } catch (error) {
    const closed =
      error instanceof ProviderError && (error.fault === 'scope' || error.fault === 'credentials')
    if (!closed) throw error
    if (zone === undefined && !token.verified) throw error
    if (zone === undefined)
      throw new ProviderError(
        'scope',
        'the API token may not read the zone: give it Zone:Read, or give its name as `zone`',
        error.apiCode === undefined ? {} : { apiCode: error.apiCode },
      )
    return { id, name: zone, plan: undefined, status: 'active' }
  }
}

async function findByName(
  client: CloudflareClient,
  zone: DomainName,
  signal: AbortSignal,
): Promise<ZoneFacts> {
  const what = 'find the zone'
  const seen = await client.call({ what, writes: false, signal }, (sdk, sdkOptions) =>
    sdk.zones.list({ name: bare(zone), per_page: 50 }, sdkOptions).withResponse(),
  )
  const result: unknown = seen.result
  if (!Array.isArray(result)) throw senseless(what, false)
  const found = result.map(readZone).filter((one) => one.name === zone)
  // A name may be pending in one account and active in another.
  const active = found.filter((one) => one.status === 'active')
  const [only, second] = active.length > 0 ? active : found
  if (only === undefined)
    throw new ProviderError('no-zone', `no zone ${zone} that this token may see: it needs Zone:Read for it`)
  if (second !== undefined)
    throw new ProviderError('no-zone', `several zones ${zone}: say which by its zoneId`)
  return only
}

/**
 * Nothing else tells whether a token may edit before it has to: deletes a record that cannot exist. Refused for what it is (81044)
 * the token is good; refused for who we are, it is not. Either way nothing changes.
 */
async function proveEdit(
  client: CloudflareClient,
  zoneId: string,
  token: TokenFacts,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.call({ what: 'edit records', writes: true, signal }, (sdk, sdkOptions) =>
      sdk.dns.records.batch({ zone_id: zoneId, deletes: [{ id: NOBODY }] }, sdkOptions).withResponse(),
    )
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.fault === 'conflict' || error.fault === 'refused') return
    // Of an active token, "invalid access token" (9109) only says that this zone is not among its own.
    if (error.fault === 'scope' || (error.fault === 'credentials' && token.verified))
      throw new ProviderError('scope', `${error.message}: it needs DNS:Edit for zone ${zoneId}`, {
        ...(error.apiCode === undefined ? {} : { apiCode: error.apiCode }),
      })
    throw error
  }
}

/** How many zones the token may see; more than one is more than we need. */
async function zonesInReach(client: CloudflareClient, signal: AbortSignal): Promise<number | undefined> {
  const seen = await client.call({ what: 'count the zones', writes: false, signal }, (sdk, sdkOptions) =>
    sdk.zones.list({ per_page: 5 }, sdkOptions).withResponse(),
  )
  const { total_count: total } = fieldsOf(seen.result_info)
  return typeof total === 'number' ? total : undefined
}

function readZone(json: unknown): ZoneFacts {
  const { id, name, plan, status } = fieldsOf(json)
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id) || typeof name !== 'string')
    throw senseless('find the zone', false)
  const { legacy_id: legacy } = fieldsOf(plan)
  try {
    return {
      id,
      name: canonicalName(name),
      plan: PLANS.find((one) => one === legacy),
      status: typeof status === 'string' && /^[a-z]{1,20}$/.test(status) ? status : 'unknown',
    }
  } catch (error) {
    if (error instanceof NameError) throw senseless('find the zone', false)
    throw error
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
