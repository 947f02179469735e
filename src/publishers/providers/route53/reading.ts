import { isDeepStrictEqual } from 'node:util'
import type {
  ListResourceRecordSetsCommandInput,
  ListResourceRecordSetsResponse,
} from '@aws-sdk/client-route-53'
import type { DomainName } from '../../../core/brand.ts'
import { isSubdomain } from '../../../wire/dns/name.ts'
import type { CurrentSet } from '../definition.ts'
import { ProviderError } from '../error.ts'
import type { Route53Api } from './api.ts'
import { toRoute53Name } from './names.ts'
import { fromApi } from './record-sets.ts'

/** The API's own page size; a zone has 10,000 sets unless more was agreed on. */
const PAGE = 300
const PAGES_MAX = 10_000
/** A page that is throttled is asked for again: to begin anew would cost all pages before it. */
const ATTEMPTS = 6

/** Every set at `origin` and below. Sets come in the order of reversed labels, so they stand together in the listing. */
export async function readSubtree(
  api: Route53Api,
  zoneId: string,
  origin: DomainName,
  signal: AbortSignal,
): Promise<CurrentSet[]> {
  const sets: CurrentSet[] = []
  let from: Partial<ListResourceRecordSetsCommandInput> = { StartRecordName: toRoute53Name(origin) }
  for (let page = 0; page < PAGES_MAX; page++) {
    const listed = await readPage(api, { HostedZoneId: zoneId, MaxItems: PAGE, ...from }, signal)
    for (const raw of listed.ResourceRecordSets ?? []) {
      const set = fromApi(raw)
      if (set === undefined) continue
      if (!isSubdomain(set.name, origin)) return sets
      sets.push(set)
    }
    if (listed.IsTruncated !== true) return sets
    const next = {
      StartRecordName: listed.NextRecordName,
      StartRecordType: listed.NextRecordType,
      StartRecordIdentifier: listed.NextRecordIdentifier,
    }
    if (next.StartRecordName === undefined || isDeepStrictEqual(next, from)) break
    from = next
  }
  throw new ProviderError('protocol', `Route53 gives no end to the records of ${origin}`)
}

/** The TXT set of one name, where it is there. */
export async function readText(
  api: Route53Api,
  zoneId: string,
  name: DomainName,
  signal: AbortSignal,
): Promise<CurrentSet[]> {
  const from = { StartRecordName: toRoute53Name(name), StartRecordType: 'TXT', MaxItems: 1 } as const
  const { ResourceRecordSets } = await readPage(api, { HostedZoneId: zoneId, ...from }, signal)
  const sets = (ResourceRecordSets ?? []).flatMap((raw) => fromApi(raw) ?? [])
  return sets.filter((set) => set.name === name && set.type === 'TXT')
}

async function readPage(
  api: Route53Api,
  input: ListResourceRecordSetsCommandInput,
  signal: AbortSignal,
): Promise<ListResourceRecordSetsResponse> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.call(
        {
          doing: 'reading records',
          changes: false,
          input,
          send: (sdk, client, given, options) =>
            client.send(new sdk.ListResourceRecordSetsCommand(given), options),
        },
        signal,
      )
    } catch (error) {
      const throttled = error instanceof ProviderError && error.fault === 'throttled'
      if (!throttled || attempt >= ATTEMPTS) throw error
      api.pace.throttled(error.retryAfterMs)
    }
  }
}
