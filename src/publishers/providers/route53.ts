import { createHash } from 'node:crypto'
import type { DomainName } from '../../core/brand.ts'
import { isSubdomain } from '../../wire/dns/name.ts'
import {
  type Applied,
  type Batch,
  type CurrentSet,
  defineProvider,
  type Provider,
  type ProviderDeps,
  type ProviderLimits,
  type ProviderZone,
  type ReadScope,
} from './definition.ts'
import { ProviderError } from './error.ts'
import { Route53Api } from './route53/api.ts'
import { BATCH_LIMITS, culpritsOf, RECORDS_IN_SET, toApiChanges, WEIGHTED_SETS } from './route53/batches.ts'
import { messagesOf } from './route53/faults.ts'
import { fromRoute53Name } from './route53/names.ts'
import { options, type Route53Options } from './route53/options.ts'
import { readSubtree, readText } from './route53/reading.ts'
import { withHandle } from './route53/record-sets.ts'

export const route53 = defineProvider<Route53Options>({
  kind: 'route53',
  summary: 'A hosted zone of Amazon Route 53, public or private.',
  options,
  marks: 'txt',
  limits,
  // The limit on calls is the account's, and accounts are told apart by who signs.
  account: ({ endpoint, profile, accessKeyId }) =>
    `${endpoint ?? ''} ${profile ?? ''} ${accessKeyId ?? 'default'}`,
  create: (settings, deps) => new Route53Provider(settings, deps),
})

function limits({ mode, callsPerSecond }: Route53Options): ProviderLimits {
  return {
    ttl: { min: 0, max: 2_147_483_647 },
    types: ['A', 'AAAA', 'SRV', 'NAPTR', 'TXT', 'CNAME'],
    batch: BATCH_LIMITS,
    recordsInSet: RECORDS_IN_SET,
    callsPerSecond,
    burst: Math.max(1, Math.floor(callsPerSecond)),
    ...(mode === 'weighted' ? { variants: { maxWeight: 255, maxCount: WEIGHTED_SETS } } : {}),
  }
}

class Route53Provider implements Provider {
  readonly limits: ProviderLimits
  readonly #api: Route53Api
  readonly #zoneId: string
  #refusedBefore: string | undefined

  constructor(settings: Route53Options, deps: ProviderDeps) {
    this.limits = limits(settings)
    this.#api = new Route53Api(settings, deps)
    this.#zoneId = settings.hostedZoneId.replace('/hostedzone/', '')
  }

  async open(signal: AbortSignal): Promise<ProviderZone> {
    this.#api.renew()
    const { HostedZone } = await this.#api.call(
      {
        doing: 'looking the hosted zone up',
        changes: false,
        input: { Id: this.#zoneId },
        send: (sdk, client, input, options) => client.send(new sdk.GetHostedZoneCommand(input), options),
      },
      signal,
    )
    return {
      origin: this.#originOf(HostedZone?.Name),
      notes: [HostedZone?.Config?.PrivateZone === true ? 'private zone' : 'public zone'],
    }
  }

  async read({ origins, beside = [] }: ReadScope, signal: AbortSignal): Promise<readonly CurrentSet[]> {
    const tops = origins.filter(
      (origin) => !origins.some((other) => other !== origin && isSubdomain(origin, other)),
    )
    const sets: CurrentSet[] = []
    for (const top of tops) sets.push(...(await readSubtree(this.#api, this.#zoneId, top, signal)))
    for (const name of beside) sets.push(...(await readText(this.#api, this.#zoneId, name, signal)))
    return sets
  }

  async apply(batch: Batch, signal: AbortSignal): Promise<Applied> {
    const changes = toApiChanges(batch)
    const { ChangeInfo } = await this.#api.call(
      {
        doing: 'changing records',
        changes: true,
        input: { HostedZoneId: this.#zoneId, ChangeBatch: { Comment: 'sipvane', Changes: changes } },
        send: (sdk, client, input, options) =>
          client.send(new sdk.ChangeResourceRecordSetsCommand(input), options),
        explain: (thrown, fault) => this.#explain(thrown, fault, batch),
      },
      signal,
    )
    this.#refusedBefore = undefined
    const sets = batch.flatMap(({ after }) => (after === undefined ? [] : [withHandle(after)]))
    const id = ChangeInfo?.Id?.replace('/change/', '')
    return { sets, ...(id === undefined ? {} : { reference: id }) }
  }

  /**
   * `InvalidChangeBatch` is one code for two things: the zone is not as it was read, and the change itself is not acceptable. The
   * first time it is taken for the former, and the zone is read; the same changes planned again after that are the latter.
   */
  #explain(thrown: unknown, fault: ProviderError, batch: Batch): ProviderError {
    if (fault.apiCode !== 'InvalidChangeBatch') return fault
    const digest = createHash('sha256')
      .update(JSON.stringify(toApiChanges(batch)))
      .digest('hex')
    const again = this.#refusedBefore === digest
    this.#refusedBefore = digest
    return new ProviderError(again ? 'refused' : 'conflict', fault.message, {
      apiCode: fault.apiCode,
      culprits: culpritsOf(batch, messagesOf(thrown)),
    })
  }

  async settled({ reference }: Applied, signal: AbortSignal): Promise<boolean> {
    if (reference === undefined) return true
    const { ChangeInfo } = await this.#api.call(
      {
        doing: 'asking after a change',
        changes: false,
        input: { Id: reference },
        send: (sdk, client, input, options) => client.send(new sdk.GetChangeCommand(input), options),
      },
      signal,
    )
    return ChangeInfo?.Status === 'INSYNC'
  }

  async close(): Promise<void> {
    this.#api.close()
  }

  #originOf(name: string | undefined): DomainName {
    try {
      return fromRoute53Name(name ?? '')
    } catch {
      throw new ProviderError('protocol', 'Route53 gave the hosted zone no name that can be read')
    }
  }
}
