import type { DomainName } from '../../../src/core/brand.ts'
import type { Timers } from '../../../src/core/ports.ts'
import type { Rdata, RecordType } from '../../../src/core/records.ts'
import { cloudflare } from '../../../src/publishers/providers/cloudflare.ts'
import type {
  CallPace,
  Change,
  CurrentSet,
  Provider,
  ProviderSet,
} from '../../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { parseMasterFile } from '../../../src/wire/dns/text.ts'
import { canonicalRecords } from '../../../src/zone/canonical.ts'
import {
  type CloudflareServer,
  type CloudflareServerOptions,
  createCloudflareServer,
  TOKEN,
  ZONE_ID,
} from '../../support/cloudflare-server.ts'
import { type RecordingLogger, recordingLogger } from '../../support/recording-logger.ts'
import { realTime } from '../../support/sip-real-time.ts'
import { seededRandom } from '../../support/virtual-time.ts'

export const ORIGIN = 'example.com.' as DomainName
export const OWNER = 'edge-1'
export const never = new AbortController().signal

/** A pace that never waits, and writes down what it was told. */
class OpenPace implements CallPace {
  turns = 0
  readonly holds: number[] = []

  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.turns += 1
  }

  throttled(): void {}

  hold(delayMs: number): void {
    this.holds.push(delayMs)
  }
}

export interface World {
  readonly server: CloudflareServer
  readonly provider: Provider
  readonly pace: OpenPace
  readonly logger: RecordingLogger
  /** Everything inside the zone, as the provider reads it. */
  read(): Promise<readonly CurrentSet[]>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly server?: CloudflareServerOptions
  /** Keys of the configuration, beside zoneId, apiToken and baseUrl. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly timers?: Timers
}

/** A provider in front of a local Cloudflare; not opened yet. */
export async function makeWorld({ server: about, options, timers }: WorldOptions = {}): Promise<World> {
  const server = await createCloudflareServer(about)
  const pace = new OpenPace()
  const logger = recordingLogger()
  const settings = cloudflare.options.parse({
    zoneId: ZONE_ID,
    apiToken: TOKEN,
    baseUrl: server.baseUrl,
    ...options,
  })
  const deps = { clock: realTime, timers: timers ?? realTime, random: seededRandom(1), logger, pace }
  const provider = cloudflare.create(settings, deps)
  return {
    server,
    provider,
    pace,
    logger,
    read: () => provider.read({ origins: [ORIGIN], names: [] }, never),
    async close() {
      await provider.close()
      await server.close()
    },
  }
}

/** Master-file lines of one RRset: `sip 60 IN A 192.0.2.1`. */
export function set(lines: string): ProviderSet {
  const { records, faults } = parseMasterFile(lines, { origin: ORIGIN, defaultTtl: 60 })
  const [first] = records
  if (first === undefined || faults.length > 0) throw new Error(`no records: ${lines}`)
  const { name, type, ttl } = first
  return { name, type, ttl, records: canonicalRecords(records.map((one): Rdata => one.rdata)) }
}

export function create(lines: string, owner = OWNER): Change {
  const after = set(lines)
  return { name: after.name, type: after.type, after, mark: { owner } }
}

export function replace(before: CurrentSet, lines: string, owner = OWNER): Change {
  const after = set(lines)
  return { name: after.name, type: after.type, before, after, mark: { owner } }
}

export function remove(before: CurrentSet): Change {
  return { name: before.name, type: before.type, before }
}

export function find(sets: readonly CurrentSet[], name: string, type: RecordType): CurrentSet {
  const found = sets.find((one) => one.name === name && one.type === type)
  if (found === undefined) throw new Error(`no ${name} ${type} among ${sets.length} sets`)
  return found
}

/** The error that a promise is rejected with; it must be a `ProviderError`. */
export async function faultOf(work: Promise<unknown>): Promise<ProviderError> {
  try {
    await work
  } catch (error) {
    if (error instanceof ProviderError) return error
    throw error
  }
  throw new Error('nothing went wrong')
}
