import type { DomainName } from '../../core/brand.ts'
import { isSubdomain, parentOf } from '../../wire/dns/name.ts'

/** Which zones hold aliases that lead into which others: when a zone comes, moves or goes, so must the answers of those that lead there. */
export class ZoneLinks {
  /** By a suffix of the names that aliases lead to, zones of those aliases. */
  readonly #bySuffix = new Map<DomainName, Set<DomainName>>()
  readonly #suffixes = new Map<DomainName, readonly DomainName[]>()

  /** The names that the aliases of `origin` lead to now. */
  set(origin: DomainName, targets: readonly DomainName[]): void {
    for (const suffix of this.#suffixes.get(origin) ?? []) {
      const zones = this.#bySuffix.get(suffix)
      zones?.delete(origin)
      if (zones?.size === 0) this.#bySuffix.delete(suffix)
    }
    this.#suffixes.delete(origin)
    if (targets.length === 0) return
    const suffixes = [...new Set(targets.flatMap((target) => [...suffixesOutside(target, origin)]))]
    if (suffixes.length === 0) return
    this.#suffixes.set(origin, suffixes)
    for (const suffix of suffixes) {
      const zones = this.#bySuffix.get(suffix)
      if (zones === undefined) this.#bySuffix.set(suffix, new Set([origin]))
      else zones.add(origin)
    }
  }

  /** Zones whose aliases may lead into one of `origins`. */
  leadingTo(origins: Iterable<DomainName>): Set<DomainName> {
    const found = new Set<DomainName>()
    for (const origin of origins) for (const zone of this.#bySuffix.get(origin) ?? []) found.add(zone)
    return found
  }
}

/** Every apex that `target` could belong to, but those that change nothing: `origin` itself, and all above it for a name inside. */
function* suffixesOutside(target: DomainName, origin: DomainName): Generator<DomainName> {
  const inside = isSubdomain(target, origin)
  for (let at: DomainName | undefined = target; at !== undefined; at = parentOf(at)) {
    if (inside && at === origin) return
    yield at
  }
}
