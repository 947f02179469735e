import { ProviderError } from '../error.ts'
import type { CloudflareClient } from './client.ts'
import { senseless } from './client.ts'
import { type ApiRecord, readRecord, type Stranger, strangerOf } from './record.ts'

/** Asked for; the API says in its reply what it made of it. */
const PER_PAGE = 5_000
/** Ten million records. */
const MAX_PAGES = 2_000
const ATTEMPTS = 3

const WHAT = 'list the records'

interface Page {
  readonly records: readonly (ApiRecord | Stranger)[]
  /** Of the whole list. */
  readonly total: number
}

/**
 * Every record of a zone, or those of one name. A zone that changes between two pages shows some records twice and others not at
 * all, so the count has to be right; else it is read again, and after `ATTEMPTS` times given up as a `conflict`.
 */
export async function readRecords(
  client: CloudflareClient,
  zoneId: string,
  signal: AbortSignal,
  name?: string,
): Promise<ApiRecord[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const records = await readOnce(client, zoneId, signal, name)
    if (records !== undefined) return records
  }
  throw new ProviderError('conflict', `could not ${WHAT}: the zone changes while it is read`)
}

/** Undefined where the pages do not fit together. */
async function readOnce(
  client: CloudflareClient,
  zoneId: string,
  signal: AbortSignal,
  name: string | undefined,
): Promise<ApiRecord[] | undefined> {
  const byId = new Map<string, ApiRecord | Stranger>()
  let total: number | undefined
  for (let page = 1; page <= MAX_PAGES; page++) {
    const seen = await readPage(client, zoneId, signal, page, name)
    if (total !== undefined && seen.total !== total) return undefined
    total = seen.total
    const before = byId.size
    for (const record of seen.records) byId.set(record.id, record)
    if (byId.size - before < seen.records.length) return undefined
    if (byId.size >= total) return byId.size === total ? [...byId.values()].filter(isNamed) : undefined
    if (seen.records.length === 0) return undefined
  }
  throw senseless(WHAT, false)
}

function isNamed(record: ApiRecord | Stranger): record is ApiRecord {
  return 'rdata' in record
}

async function readPage(
  client: CloudflareClient,
  zoneId: string,
  signal: AbortSignal,
  page: number,
  name: string | undefined,
): Promise<Page> {
  const data = await client.call({ what: WHAT, writes: false, signal }, (sdk, options) =>
    sdk.dns.records
      .list(
        {
          zone_id: zoneId,
          page,
          per_page: PER_PAGE,
          ...(name === undefined ? {} : { name: { exact: name } }),
        },
        options,
      )
      .withResponse(),
  )
  const result: unknown = data.result
  const info: unknown = data.result_info
  const total =
    typeof info === 'object' && info !== null && 'total_count' in info ? info.total_count : undefined
  if (!Array.isArray(result) || typeof total !== 'number') throw senseless(WHAT, false)
  const records = result.map((json: unknown) => {
    const record = readRecord(json) ?? strangerOf(json)
    if (record === undefined) throw senseless(WHAT, false)
    return record
  })
  return { records, total }
}
