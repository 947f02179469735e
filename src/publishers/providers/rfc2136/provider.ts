import type { DomainName } from '../../../core/brand.ts'
import type { Logger } from '../../../core/ports.ts'
import { RCODE } from '../../../wire/dns/constants.ts'
import { MAX_MESSAGE } from '../../../wire/dns/message.ts'
import { isSubdomain, isWithin, ROOT } from '../../../wire/dns/name.ts'
import { signatureSize } from '../../../wire/dns/tsig/sign.ts'
import { encodeUpdate } from '../../../wire/dns/update.ts'
import type {
  Applied,
  Batch,
  Change,
  CurrentSet,
  Provider,
  ProviderLimits,
  ProviderZone,
  ReadScope,
} from '../definition.ts'
import { ProviderError } from '../error.ts'
import { updateOf } from './changes.ts'
import { explain } from './explain.ts'
import { BareRefusal, questionError, updateError } from './faults.ts'
import type { Primary } from './primary.ts'
import { freshId, zoneOf } from './questions.ts'
import { acceptedSet, currentSets } from './sets.ts'
import { askForNames, askForZone, serialOf } from './survey.ts'
import { type Transfer, transferZone } from './transfer.ts'
import { inForce } from './verify.ts'

export interface Rfc2136Deps {
  readonly primary: Primary
  readonly limits: ProviderLimits
  readonly logger: Logger
  readonly zone?: DomainName | undefined
  readonly read: 'auto' | 'transfer' | 'queries'
}

/** What an accepted update is verified against. */
interface Accepted {
  readonly apex: DomainName
  readonly changes: readonly Change[]
  /** As last seen before the update. */
  readonly serial: number | undefined
}

/** Accepted updates that nobody asked after are forgotten, the oldest first. */
const REMEMBERED = 64

/** The zones of one primary that takes updates. */
export class Rfc2136Provider implements Provider {
  readonly limits: ProviderLimits
  readonly #deps: Rfc2136Deps
  /** By zone of ours: the zone at the primary that it lies in. */
  readonly #apexes = new Map<DomainName, DomainName>()
  readonly #serials = new Map<DomainName, number>()
  readonly #accepted = new Map<string, readonly Accepted[]>()
  readonly #declined = new Set<DomainName>()

  constructor(deps: Rfc2136Deps) {
    this.limits = deps.limits
    this.#deps = deps
  }

  /** Without `zone` a signed answer to any question proves the key; the zones are found when it is known which are wanted. */
  async open(signal: AbortSignal): Promise<ProviderZone> {
    const { primary, zone } = this.#deps
    this.#apexes.clear()
    this.#declined.clear()
    if (zone === undefined) {
      await this.#explained(ROOT, askForZone(primary, ROOT, signal), signal).catch((error: unknown) => {
        // Not having the root says nothing of the key: some sign for zones of theirs only.
        if (!(error instanceof ProviderError) || error.fault !== 'no-zone') throw error
      })
      return { origin: ROOT, notes: ['zones are found by their SOA'] }
    }
    const message = await this.#explained(zone, askForZone(primary, zone, signal), signal)
    const { apex, serial } = zoneOf(message, zone)
    if (apex !== zone) throw questionError(RCODE.NOERROR, zone)
    this.#serials.set(apex, serial)
    return { origin: apex, notes: [`serial ${serial}`] }
  }

  async read(scope: ReadScope, signal: AbortSignal): Promise<readonly CurrentSet[]> {
    const byApex = new Map<DomainName, DomainName[]>()
    for (const origin of scope.origins) {
      const apex = await this.#apexOf(origin, signal)
      byApex.set(apex, [...(byApex.get(apex) ?? []), origin])
    }
    const beside = new Set(scope.beside)
    const sets: CurrentSet[] = []
    for (const [apex, origins] of byApex) {
      // A zone below, delegated from this one, has its own reading.
      const inside = (name: DomainName) =>
        (beside.has(name) || isWithin(name, origins)) && deepest(byApex.keys(), name) === apex
      const names = [...scope.names, ...beside].filter(inside)
      sets.push(...(await this.#readZone(apex, inside, names, signal)))
    }
    return sets
  }

  async apply(batch: Batch, signal: AbortSignal): Promise<Applied> {
    const byApex = new Map<DomainName, Change[]>()
    for (const change of batch) {
      const apex = deepest(this.#apexes.values(), change.name) ?? (await this.#apexOf(change.name, signal))
      byApex.set(apex, [...(byApex.get(apex) ?? []), change])
    }
    const accepted: Accepted[] = []
    const references: string[] = []
    for (const [apex, changes] of byApex) {
      const id = freshId()
      await this.#update(id, apex, changes, signal).catch((error: unknown) => {
        // Zones are updated one by one: those before this one are done.
        if (!(error instanceof ProviderError) || accepted.length === 0 || error.uncertain) throw error
        throw new ProviderError(error.fault, error.message, { uncertain: true })
      })
      accepted.push({ apex, changes, serial: this.#serials.get(apex) })
      references.push(`update ${id} of ${apex}`)
    }
    const reference = references.join(', ')
    this.#remember(reference, accepted)
    const sets = batch.flatMap(({ after }) => (after === undefined ? [] : [acceptedSet(after)]))
    return { sets, reference }
  }

  /** True once the primary itself answers as it was told, under a later serial: without one no secondary would ask for the change. */
  async settled({ reference = '' }: Applied, signal: AbortSignal): Promise<boolean> {
    const { primary, logger } = this.#deps
    for (const { apex, changes, serial } of this.#accepted.get(reference) ?? []) {
      const verdict = await inForce(primary, apex, changes, serial, signal)
      this.#serials.set(apex, verdict.serial)
      if (verdict.why === undefined) continue
      logger.debug('provider.not-in-force', { zone: apex, reference }, `${apex}: ${verdict.why}`)
      return false
    }
    this.#accepted.delete(reference)
    return true
  }

  async close(): Promise<void> {}

  async #apexOf(name: DomainName, signal: AbortSignal): Promise<DomainName> {
    const { primary, zone } = this.#deps
    const known = zone ?? this.#apexes.get(name)
    if (known !== undefined) return known
    const message = await this.#explained(name, askForZone(primary, name, signal), signal)
    const { apex, serial } = zoneOf(message, name)
    this.#apexes.set(name, apex)
    this.#serials.set(apex, serial)
    return apex
  }

  async #readZone(
    apex: DomainName,
    inside: (name: DomainName) => boolean,
    names: readonly DomainName[],
    signal: AbortSignal,
  ): Promise<readonly CurrentSet[]> {
    const { primary, read, logger } = this.#deps
    if (read !== 'queries' && !this.#declined.has(apex)) {
      const transfer = await this.#explained(apex, transferZone(primary, apex, inside, signal), signal).catch(
        (error: unknown): Transfer => {
          if (error instanceof ProviderError && error.fault === 'scope')
            return { kind: 'declined', why: error.message }
          throw error
        },
      )
      if (transfer.kind === 'zone') {
        this.#serials.set(apex, transfer.serial)
        return currentSets(transfer.records, apex)
      }
      if (read === 'transfer')
        throw new ProviderError(
          'scope',
          `the server does not let this key transfer ${apex} (${transfer.why})`,
        )
      this.#declined.add(apex)
      const words = `no transfer of ${apex} (${transfer.why}): names are asked for one by one, left-overs are not found`
      logger.info('provider.no-transfer', { zone: apex, why: transfer.why }, words)
    }
    this.#serials.set(apex, await serialOf(primary, apex, signal))
    return currentSets(await askForNames(primary, apex, names, signal), apex)
  }

  async #update(
    id: number,
    apex: DomainName,
    changes: readonly Change[],
    signal: AbortSignal,
  ): Promise<void> {
    const { primary } = this.#deps
    const limit = MAX_MESSAGE - signatureSize(primary.options.key)
    const update = encodeUpdate(id, updateOf(apex, changes), limit)
    const { message, repeated } = await this.#explained(apex, primary.ask(update, signal), signal)
    if (message.rcode === RCODE.NOERROR) return
    const error = updateError(message.rcode, { uncertain: repeated })
    // The first of two was acted upon, so the second found its own work there.
    if (error.fault === 'conflict' && repeated) {
      const { why } = await inForce(primary, apex, changes, undefined, signal)
      if (why === undefined) return
    }
    if (message.rcode === RCODE.REFUSED && !(await this.#mayUpdate(apex, signal))) {
      // PowerDNS refuses in the same words for a zone that it does not have.
      await serialOf(primary, apex, signal)
      throw new ProviderError('scope', `the key may not update ${apex} (REFUSED)`, { apiCode: 'REFUSED' })
    }
    throw error
  }

  /** Whether the key may change anything at all there: an update that changes nothing is refused only where all of them are. */
  async #mayUpdate(apex: DomainName, signal: AbortSignal): Promise<boolean> {
    const nothing = encodeUpdate(freshId(), { zone: apex, prerequisites: [], steps: [] }, 512)
    return (await this.#deps.primary.ask(nothing, signal)).message.rcode !== RCODE.REFUSED
  }

  async #explained<T>(zone: DomainName, work: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw error instanceof BareRefusal ? await explain(this.#deps.primary, zone, error, signal) : error
    }
  }

  #remember(reference: string, accepted: readonly Accepted[]): void {
    this.#accepted.set(reference, accepted)
    const [oldest] = this.#accepted.keys()
    if (this.#accepted.size > REMEMBERED && oldest !== undefined) this.#accepted.delete(oldest)
  }
}

/** The longest of the zones that the name lies in. */
function deepest(zones: Iterable<DomainName>, name: DomainName): DomainName | undefined {
  let found: DomainName | undefined
  for (const zone of zones)
    if (isSubdomain(name, zone) && (found === undefined || isSubdomain(zone, found))) found = zone
  return found
}
