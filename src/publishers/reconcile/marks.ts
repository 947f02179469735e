import type { DomainName } from '../../core/brand.ts'
import type { RecordType } from '../../core/records.ts'
import { canonicalName, NameError } from '../../wire/dns/name.ts'
import type { CurrentSet, Mark, ProviderSet } from '../providers/definition.ts'
import { rrsetKey } from './sets.ts'

const PREFIX = '_sipvane-'

/**
 * Where a mark stands: below the name it speaks of. At the name itself it would clash with a CNAME (RFC 1034 section 3.6.2), in
 * its place (`a-name`) with a name of somebody else's. Undefined where the name is so long that no room is left (RFC 1035 section 2.3.4).
 */
export function markName(name: DomainName, type: RecordType): DomainName | undefined {
  return nameFrom(`${PREFIX}${type.toLowerCase()}.${name}`)
}

function nameFrom(text: string): DomainName | undefined {
  try {
    return canonicalName(text)
  } catch (error) {
    if (error instanceof NameError) return undefined
    throw error
  }
}

/**
 * Where external-dns marks a set: before its name (alone so since 0.18; older ones at the name itself too). Undefined where there is no
 * room.
 */
export function externalDnsPlace(name: DomainName, type: RecordType): DomainName | undefined {
  return nameFrom(`${type.toLowerCase()}-${name}`)
}

/** The set that a mark's name speaks of; undefined where it is no such name. */
export function markedSet(name: DomainName): { name: DomainName; type: RecordType } | undefined {
  const match = /^_sipvane-([a-z0-9]{1,10})\.(.+)$/.exec(name)
  if (match === null) return undefined
  return { name: match[2] as DomainName, type: (match[1] ?? '').toUpperCase() as RecordType }
}

/** `heritage=sipvane,owner=ns1`: for TXT records and comments alike. */
export function markText({ owner }: Mark): string {
  return `heritage=sipvane,owner=${owner}`
}

/** Reads what `markText` wrote; further keys after it are left for later versions. */
export function parseMark(text: string): Mark | undefined {
  const match = /^heritage=sipvane,owner=([A-Za-z0-9][A-Za-z0-9._-]{0,62})(?:,|$)/.exec(text)
  return match?.[1] === undefined ? undefined : { owner: match[1] }
}

/** The TXT set that marks a set; where its name leaves no room, `refusalOf` has refused the set. */
export function markSet(
  name: DomainName,
  type: RecordType,
  mark: Mark,
  ttl: number,
): ProviderSet | undefined {
  const place = markName(name, type)
  if (place === undefined) return undefined
  return { name: place, type: 'TXT', ttl, records: [{ type: 'TXT', strings: [markText(mark)] }] }
}

export type Ownership =
  | { readonly by: 'us' | 'nobody' }
  | { readonly by: 'other'; readonly owner: string }
  /** Something that is no mark stands where the mark would. */
  | { readonly by: 'blocked' }

/** Who owns what, by the marks among `current`. */
export class Owners {
  readonly #us: string
  readonly #marks: 'txt' | 'inline'
  readonly #txt = new Map<string, CurrentSet>()
  readonly #inline = new Map<string, Set<string>>()

  constructor(current: readonly CurrentSet[], us: string, marks: 'txt' | 'inline') {
    this.#us = us
    this.#marks = marks
    for (const set of current) {
      if (set.type === 'TXT') this.#txt.set(set.name, set)
      const key = rrsetKey(set)
      const owners = this.#inline.get(key) ?? new Set()
      owners.add(set.mark?.owner ?? '')
      this.#inline.set(key, owners)
    }
  }

  of(name: DomainName, type: RecordType): Ownership {
    const marked = this.#marks === 'inline' ? this.#byComment(name, type) : this.#byText(name, type)
    const foreign = marked.by === 'nobody' ? this.#externalDns(name, type) : undefined
    return foreign === undefined ? marked : { by: 'other', owner: foreign }
  }

  /** The TXT set that marks it, whoever's. */
  markOf(name: DomainName, type: RecordType): CurrentSet | undefined {
    return this.#marks === 'txt' ? this.#txt.get(markName(name, type) ?? '') : undefined
  }

  #byText(name: DomainName, type: RecordType): Ownership {
    const set = this.#txt.get(markName(name, type) ?? '')
    if (set === undefined) return { by: 'nobody' }
    const mark = markOf(set)
    if (mark === undefined) return { by: 'blocked' }
    return mark.owner === this.#us ? { by: 'us' } : { by: 'other', owner: mark.owner }
  }

  /** One record of a set without our comment, and the set is not ours alone. */
  #byComment(name: DomainName, type: RecordType): Ownership {
    const owners = this.#inline.get(rrsetKey({ name, type })) ?? new Set()
    const others = [...owners].filter((owner) => owner !== '' && owner !== this.#us)
    if (others[0] !== undefined) return { by: 'other', owner: others[0] }
    return owners.size === 1 && owners.has(this.#us) ? { by: 'us' } : { by: 'nobody' }
  }

  #externalDns(name: DomainName, type: RecordType): string | undefined {
    for (const place of [name, externalDnsPlace(name, type)]) {
      for (const rdata of this.#txt.get(place ?? '')?.records ?? []) {
        const text = rdata.type === 'TXT' ? rdata.strings.join('') : ''
        const match = /^heritage=external-dns,external-dns\/owner=([^,]{1,63})/.exec(text)
        if (match !== null) return `external-dns/${(match[1] ?? '').replace(/[^\x21-\x7e]/g, '?')}`
      }
    }
    return undefined
  }
}

/** The mark that a TXT set is; undefined where it is another text, or more than one. */
export function markOf(set: ProviderSet): Mark | undefined {
  const only = set.records.length === 1 ? set.records[0] : undefined
  return only?.type === 'TXT' ? parseMark(only.strings.join('')) : undefined
}
