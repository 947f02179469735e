import type { RecordType } from '../../src/core/records.ts'
import { octetsOfRdata } from '../../src/publishers/providers/rfc2136/sets.ts'
import { recordType, typeCode } from '../../src/wire/dns/constants.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { decodeRdata, formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import { tsigKey } from '../../src/wire/dns/tsig/key.ts'
import type { LabFault, LabSet, ProviderFixture, ProviderLab } from './provider-fixture.ts'
import { createRfc2136Server, type PrimaryFate, type PrimaryRequest } from './rfc2136-server.ts'
import { UpdatableZone } from './rfc2136-zone.ts'
import { KEY } from './update-server.ts'

const APEX = canonicalName('example.com.')

/** What the server does, and for how many requests after the first that is met: a provider asks again before it believes these. */
const FATES: Partial<Record<LabFault, readonly [fate: PrimaryFate, requests: number]>> = {
  failed: ['failed', 1],
  lost: ['lost', 1],
  cut: ['cut', 1],
  garbage: ['garbage', 1],
  hang: ['hang', 1],
  credentials: ['badkey', 4],
  scope: ['refused', 2],
}

/** `auto` speaks UDP where it fits; a lost datagram takes its time, so long runs are made over TCP. */
export function rfc2136Fixture(transport: 'auto' | 'tcp'): ProviderFixture {
  return {
    kind: 'rfc2136',
    faults: Object.keys(FATES) as LabFault[],
    compareAndSwap: true,
    start: () => startLab(transport, 0),
    startAhead: () => startLab(transport, 3_600_000),
  }
}

async function startLab(transport: 'auto' | 'tcp', aheadMs: number): Promise<ProviderLab> {
  const zone = new UpdatableZone(APEX)
  const key = tsigKey(KEY.name, KEY.algorithm, KEY.secret)
  const server = await createRfc2136Server({ zone, key, now: () => Date.now() + aheadMs })
  const pending: { fate: PrimaryFate; left: number; updates: boolean; ids: Set<number> }[] = []
  server.fate = (request: PrimaryRequest) => {
    const { id } = request.message
    // A message that is sent again meets what it met before.
    const met = pending.find(({ ids }) => ids.has(id))
    if (met !== undefined) return met.fate
    const next = pending.find(({ left, updates }) => left > 0 && (request.update || !updates))
    if (next === undefined) return 'answer'
    next.left -= 1
    next.ids.add(id)
    // The first one met decides when it begins; what follows belongs to it.
    next.updates = next.fate === 'refused' && next.updates
    return next.fate
  }
  const put = async (set: LabSet) => zone.put(storedSet(set))
  return {
    apex: APEX,
    options: {
      server: `${server.at.address}:${server.at.port}`,
      key: KEY,
      zone: 'example.com',
      transport,
      timeout: '300ms',
    },
    secrets: [KEY.secret, Buffer.from(KEY.secret, 'base64').toString('latin1')],
    dump: async () =>
      [...zone.sets.values()].map(({ name, type, ttl, octets }) => ({
        name,
        type: recordType(type),
        ttl,
        records: octets.map((one) => formatRdata(decodeRdata(recordType(type), one))),
      })),
    put,
    edit: put,
    remove: async (name, type) => zone.remove(canonicalName(name), typeCode(type as RecordType)),
    inject: (fault, calls) => {
      const [fate, left] = FATES[fault] ?? ['answer', 0]
      pending.push({ fate, left, updates: calls === 'change', ids: new Set() })
    },
    clearFaults: () => pending.splice(0),
    changeCalls: () => server.requests.filter(({ update }) => update).length,
    close: () => server.close(),
  }
}

function storedSet({ name, type, ttl, records }: LabSet) {
  const text = records.map((rdata) => `${name} ${ttl} ${type} ${rdata}`).join('\n')
  const parsed = parseMasterFile(text, { origin: APEX, defaultTtl: ttl })
  if (parsed.faults[0] !== undefined) throw new Error(parsed.faults[0].message)
  const octets = parsed.records.map(({ rdata }) => octetsOfRdata(rdata))
  return { name: canonicalName(name), type: typeCode(type as RecordType), ttl, octets }
}
