import type { DomainName } from '../../src/core/brand.ts'
import { readRecord, writeRdata } from '../../src/publishers/providers/cloudflare/record.ts'
import { typeCodeFromText } from '../../src/wire/dns/constants.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import type { Call, Matcher, Trouble } from './cloudflare-faults.ts'
import { showRecord } from './cloudflare-record.ts'
import { FAULTS } from './cloudflare-replies.ts'
import { type CloudflareServer, createCloudflareServer, on, TOKEN, ZONE_ID } from './cloudflare-server.ts'
import type { LabFault, LabSet, ProviderFixture, ProviderLab } from './provider-fixture.ts'

const TROUBLES: Readonly<Partial<Record<LabFault, Trouble>>> = {
  throttled: { kind: 'fault', fault: FAULTS.throttled, headers: { 'retry-after': '1' } },
  failed: { kind: 'fault', fault: FAULTS.internal },
  lost: { kind: 'lose-reply' },
  cut: { kind: 'reset' },
  garbage: { kind: 'garbage' },
  credentials: { kind: 'fault', fault: FAULTS.accessToken },
  scope: { kind: 'fault', fault: FAULTS.authentication },
  hang: { kind: 'stall-reply' },
}

/** The question whether the token may edit deletes what cannot exist: no change, whatever comes of it. */
function isChange(call: Call): boolean {
  return call.kind === 'batch' && !JSON.stringify(call.body).includes('0'.repeat(32))
}

/** `strict`: every set is looked at again before it is changed (`recheck: 0s`). */
function fixture(strict: boolean): ProviderFixture {
  return {
    kind: 'cloudflare',
    faults: Object.keys(TROUBLES) as LabFault[],
    compareAndSwap: strict,
    async start() {
      const server = await createCloudflareServer({ maxPerPage: 7, budget: { limit: 100_000 } })
      return lab(server, strict)
    },
  }
}

export const cloudflareFixture = fixture(false)
export const strictCloudflareFixture = fixture(true)

function lab(server: CloudflareServer, strict: boolean): ProviderLab {
  const { zone } = server
  const recordsOf = (name: string, type: string) =>
    zone.records.filter((one) => `${one.name}.` === name && one.type === type)
  const remove = async (name: string, type: string) => {
    zone.batch({ deletes: recordsOf(name, type).map(({ id }) => ({ id })) })
  }
  const inputs = ({ name, type, ttl, records }: LabSet, comment: string | null) => {
    const text = records.map((one) => `${name} ${ttl} IN ${type} ${one}`).join('\n')
    const parsed = parseMasterFile(text, { origin: '.' as DomainName, defaultTtl: ttl })
    if (parsed.faults[0] !== undefined) throw new Error(parsed.faults[0].message)
    return parsed.records.map(({ rdata }) => ({ name, type, ttl, comment, ...writeRdata(rdata) }))
  }
  return {
    apex: 'example.com.',
    options: {
      zoneId: ZONE_ID,
      apiToken: TOKEN,
      baseUrl: server.baseUrl,
      timeout: '500ms',
      ...(strict ? { recheck: '0s' } : {}),
    },
    secrets: [TOKEN],
    dump: async () => dump(server),
    async put(set) {
      await remove(set.name, set.type)
      zone.batch({ posts: inputs(set, null) })
    },
    async edit(set) {
      const there = recordsOf(set.name, set.type)
      const wanted = inputs(set, there[0]?.comment ?? null)
      zone.batch({
        deletes: there.slice(wanted.length).map(({ id }) => ({ id })),
        patches: wanted.slice(0, there.length).map((input, at) => ({ ...input, id: there[at]?.id })),
        posts: wanted.slice(there.length),
      })
    },
    remove,
    inject(fault, calls) {
      const trouble = TROUBLES[fault]
      if (trouble === undefined) throw new Error(`Cloudflare has no ${fault}`)
      const matcher: Matcher = calls === 'change' ? isChange : on()
      server.fail(matcher, trouble)
    },
    blank: () => server.fail(on('list'), { kind: 'blank' }),
    clearFaults: () => server.calm(),
    changeCalls: () => server.calls.filter(isChange).length,
    close: () => server.close(),
  }
}

function dump({ zone }: CloudflareServer): LabSet[] {
  const sets = new Map<string, LabSet>()
  for (const stored of zone.records) {
    const record = readRecord(showRecord(stored))
    if (record?.rdata === undefined || typeCodeFromText(stored.type) === undefined)
      throw new Error(`unreadable: ${stored.name} ${stored.type}`)
    const key = `${stored.name} ${stored.type} ${stored.ttl}`
    const before = sets.get(key)?.records ?? []
    const records = [...before, formatRdata(record.rdata)]
    sets.set(key, { name: record.name, type: stored.type, ttl: stored.ttl, records })
  }
  return [...sets.values()]
}
