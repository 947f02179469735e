import type { Clock, Logger } from '../../src/core/ports.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { RecordType } from '../../src/core/records.ts'
import type { SocketAddress } from '../../src/core/settings.ts'
import type {
  CallPace,
  Change,
  CurrentSet,
  Provider,
  ProviderSet,
} from '../../src/publishers/providers/definition.ts'
import { createRfc2136, rfc2136 } from '../../src/publishers/providers/rfc2136.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { formatRecordSet, parseMasterFile } from '../../src/wire/dns/text.ts'
import { canonicalRecords } from '../../src/zone/canonical.ts'
import { realTime } from './sip-real-time.ts'
import { KEY, type UpdateKey } from './update-server.ts'
import { seededRandom } from './virtual-time.ts'

export interface UpdateProviderOptions {
  readonly key?: UpdateKey
  readonly zone?: string
  readonly transport?: 'auto' | 'tcp'
  readonly read?: 'auto' | 'transfer' | 'queries'
  readonly timeout?: string
  /** By how much our clock is ahead of the true time, in milliseconds. */
  readonly aheadMs?: number
  readonly logger?: Logger
}

const freely: CallPace = { turn: async () => {}, throttled: () => {}, hold: () => {} }

/** A provider of this server, as the configuration would make it. */
export function updateProvider(at: SocketAddress, options: UpdateProviderOptions = {}): Provider {
  const { key = KEY, aheadMs = 0, logger = silentLogger, ...rest } = options
  const settings = rfc2136.options.parse({ server: `${at.address}:${at.port}`, key, ...rest })
  const wallClock: Clock = { nowMs: () => Date.now() + aheadMs }
  const deps = { clock: realTime, timers: realTime, random: seededRandom(1), logger, pace: freely }
  return createRfc2136(settings, deps, wallClock)
}

export const noAbort = (): AbortSignal => new AbortController().signal

/** Sets from master-file text, names below `zone`. */
export function setsOf(zone: string, text: string): ProviderSet[] {
  const origin = canonicalName(`${zone}.`)
  const { records, faults } = parseMasterFile(text, { origin, defaultTtl: 30 })
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join(', '))
  const sets = new Map<string, ProviderSet>()
  for (const { name, type, ttl, rdata } of records) {
    const same = sets.get(`${name} ${type}`)?.records ?? []
    sets.set(`${name} ${type}`, { name, type, ttl, records: canonicalRecords([...same, rdata]) })
  }
  return [...sets.values()]
}

/** Lines of master-file text, sorted. */
export function linesOf(sets: readonly ProviderSet[]): string[] {
  return sets.flatMap((set) => formatRecordSet(set).split('\n')).sort()
}

export const creations = (zone: string, text: string): Change[] =>
  setsOf(zone, text).map((after) => ({ name: after.name, type: after.type, after }))

/** What takes `before`, as it was read, to the text. */
export const replacements = (zone: string, text: string, before: readonly CurrentSet[]): Change[] =>
  setsOf(zone, text).map((after) => ({
    ...pick(after),
    before: find(before, zone, after.name, after.type),
    after,
  }))

export function deletion(before: CurrentSet): Change {
  return { ...pick(before), before }
}

/** The set of this name, which may be relative. */
export function find(sets: readonly CurrentSet[], zone: string, name: string, type: RecordType): CurrentSet {
  const full = canonicalName(name, canonicalName(`${zone}.`))
  const found = sets.find((set) => set.name === full && set.type === type)
  if (found === undefined) throw new Error(`no ${full} ${type}`)
  return found
}

/** Everything that is read of a zone; `names` are of interest. */
export function readAll(
  provider: Provider,
  zone: string,
  names: readonly string[] = [],
): Promise<readonly CurrentSet[]> {
  const origin = canonicalName(`${zone}.`)
  return provider.read(
    { origins: [origin], names: names.map((name) => canonicalName(name, origin)) },
    noAbort(),
  )
}

function pick({ name, type }: Pick<ProviderSet, 'name' | 'type'>): Pick<Change, 'name' | 'type'> {
  return { name, type }
}
