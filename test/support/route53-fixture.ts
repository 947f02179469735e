import type { RecordType } from '../../src/core/records.ts'
import { fromApi } from '../../src/publishers/providers/route53/record-sets.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import type { LabFault, LabSet, ProviderFixture, ProviderLab } from './provider-fixture.ts'
import { createRoute53Server, FAKE_KEYS, type Fault, type Route53Server } from './route53-server.ts'

const FAULTS: Readonly<Record<LabFault, Fault>> = {
  throttled: 'throttle',
  busy: 'busy',
  failed: 'error',
  lost: 'lost',
  cut: 'refused',
  garbage: 'garbage',
  credentials: 'expired',
  scope: 'denied',
  hang: 'hang',
}

export const route53Fixture: ProviderFixture = {
  kind: 'route53',
  faults: Object.keys(FAULTS) as LabFault[],
  compareAndSwap: true,
  start: async () => route53Lab(await createRoute53Server({ pageMax: 7 })),
  startAhead: async () => route53Lab(await createRoute53Server({ pageMax: 7, skewMs: 3_600_000 })),
}

/** The fake as the contract suite sees it. */
function route53Lab(server: Route53Server): ProviderLab {
  const zone = server.zone()
  const put = async ({ name, type, ttl, records }: LabSet) => zone.put({ name, type, ttl, values: records })
  return {
    apex: 'example.com.',
    options: {
      hostedZoneId: 'Z1',
      endpoint: server.endpoint,
      ...FAKE_KEYS,
      timeout: '500ms',
    },
    secrets: [FAKE_KEYS.secretAccessKey],
    dump: async () =>
      zone.sets
        .filter(({ name, type }) => !(name === zone.name && (type === 'NS' || type === 'SOA')))
        .map((set) => {
          const read = fromApi({
            Name: set.name,
            Type: set.type as 'A',
            TTL: set.ttl,
            ResourceRecords: set.values.map((Value) => ({ Value })),
          })
          const records = read?.opaque === undefined ? (read?.records.map(formatRdata) ?? []) : set.values
          return { name: read?.name ?? set.name, type: set.type as RecordType, ttl: set.ttl ?? 0, records }
        }),
    put,
    edit: put,
    remove: async (name, type) => zone.remove(name, type),
    inject: (fault, calls) =>
      server.inject(FAULTS[fault], calls === 'change' ? 'route53:ChangeResourceRecordSets' : undefined),
    blank: () => server.inject('blank', 'route53:ListResourceRecordSets'),
    clearFaults: () => server.clearFaults(),
    changeCalls: () =>
      server.calls.filter((call) => call.operation === 'route53:ChangeResourceRecordSets').length,
    close: () => server.close(),
  }
}
