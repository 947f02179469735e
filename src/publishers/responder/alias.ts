import type { DomainName } from '../../core/brand.ts'
import type { RecordSet } from '../../core/records.ts'
import { RCODE, TYPE, typeCode } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { canonicalName, NameError, ROOT } from '../../wire/dns/name.ts'
import { type Entry, entryOf, positive } from './entry.ts'
import { type OwnedSet, owned, type Reference } from './render.ts'
import { denial, referral } from './sections.ts'
import type { Found, TreeNode, ZoneTree } from './tree.ts'

/** Aliases followed for one query; a resolver that wants more asks for the last one. */
export const MAX_ALIASES = 8

/** Where a name is looked up, in all zones that are served. Undefined: in none of them. */
export type Resolve = (name: DomainName) => { readonly tree: ZoneTree; readonly found: Found } | undefined

export interface AliasAnswers {
  readonly byType: ReadonlyMap<number, Entry>
  readonly otherwise: Entry
}

interface Chain {
  /** CNAME sets in order; the first belongs to QNAME. */
  readonly links: readonly OwnedSet[]
  /** The name that the last one leads to. */
  readonly target: DomainName
  /** Undefined: outside, a loop, or too long. */
  readonly end?: { readonly tree: ZoneTree; readonly found: Found }
  /** A DNAME would have made a name of more than 255 octets. */
  readonly overlong?: boolean
}

/**
 * Every answer of a name that is an alias (RFC 1034 section 3.6.2, RFC 6604 section 3: the RCODE is the last name's).
 *
 * | the chain ends at               | reply                                             |
 * |---------------------------------|---------------------------------------------------|
 * | a name with the type asked for  | chain + that set                                  |
 * | a name without it               | chain + SOA, NOERROR                              |
 * | no name                         | chain + SOA, NXDOMAIN                             |
 * | a delegated name                | chain + referral                                  |
 * | a name below a DNAME            | goes on with the DNAME and the alias it makes (RFC 6672 section 3.2) |
 * | one that a DNAME makes too long | chain, YXDOMAIN (RFC 6672 section 2.2)            |
 * | a name of nobody here           | chain                                             |
 * | itself, or `MAX_ALIASES`        | chain                                             |
 */
export function compileAlias(
  reference: Reference,
  start: RecordSet,
  home: ZoneTree,
  resolve: Resolve,
): AliasAnswers {
  const chain = follow(reference, start, resolve)
  // Asked for the alias itself; ANY gets no more either (RFC 8482 section 4.1).
  const itself = positive(reference, home, start)
  const byType = new Map<number, Entry>([
    [TYPE.CNAME, itself],
    [TYPE.ANY, itself],
  ])
  const end = chain.end
  if (end?.found.kind === 'node') {
    for (const set of end.found.node.sets.values()) {
      byType.set(typeCode(set.type), positive(reference, end.tree, set, chain.links, chain.target))
    }
  }
  return { byType, otherwise: otherwise(reference, chain) }
}

function otherwise(reference: Reference, chain: Chain): Entry {
  const { links, end } = chain
  // AA speaks of the first owner name, and that is ours (RFC 1035 section 4.1.1).
  const common = { authoritative: true, answer: links }
  if (end === undefined) {
    const rcode = chain.overlong === true ? RCODE.YXDOMAIN : RCODE.NOERROR
    return entryOf(reference, () => ({ ...common, rcode }))
  }
  const last = end.found
  if (last.kind === 'referral') {
    return entryOf(reference, () => ({
      ...referral(end.tree, last.cut),
      ...common,
      rcode: RCODE.NOERROR,
    }))
  }
  const rcode = last.kind === 'nothing' ? RCODE.NXDOMAIN : RCODE.NOERROR
  return entryOf(reference, () => ({ ...common, rcode, authority: denial(end.tree) }))
}

function follow(reference: Reference, start: RecordSet, resolve: Resolve): Chain {
  const links = [owned(QNAME, start)]
  const seen = new Set<DomainName>(reference.synthesised ? [] : [reference.name])
  let target = targetOf(start)
  for (;;) {
    if (seen.has(target) || links.length >= MAX_ALIASES) return { links, target }
    seen.add(target)
    const end = resolve(target)
    if (end === undefined) return { links, target }
    if (end.found.kind === 'redirect') {
      const dname = end.found.node.sets.get('DNAME')
      const made = dname === undefined ? undefined : aliasMadeBy(dname, target)
      if (dname !== undefined) links.push(owned(dname.name, dname))
      if (made === undefined) return { links, target, overlong: true }
      links.push(owned(target, made))
      target = targetOf(made)
      continue
    }
    const next = end.found.kind === 'node' ? aliasOf(end.found.node) : undefined
    if (next === undefined) return { links, target, end }
    links.push(owned(target, next))
    target = targetOf(next)
  }
}

/** The CNAME that a DNAME stands for at `name`, with its TTL (RFC 6672 section 3.1); undefined where it would be too long. */
function aliasMadeBy(dname: RecordSet, name: DomainName): RecordSet | undefined {
  const record = dname.records[0]
  if (record?.type !== 'DNAME') throw new Error(`${dname.name} DNAME holds no DNAME record`)
  const front = name.slice(0, name.length - dname.name.length)
  try {
    const target = canonicalName(record.target === ROOT ? front : front + record.target)
    return { name, type: 'CNAME', ttl: dname.ttl, records: [{ type: 'CNAME', target }], origin: 'generated' }
  } catch (error) {
    if (error instanceof NameError) return undefined
    throw error
  }
}

/** The CNAME of a node, which then has nothing else (RFC 1034 section 3.6.2). */
export function aliasOf(node: TreeNode): RecordSet | undefined {
  return node.sets.get('CNAME')
}

function targetOf(set: RecordSet): DomainName {
  const record = set.records[0]
  if (record?.type !== 'CNAME') throw new Error(`${set.name} CNAME holds no CNAME record`)
  return record.target
}
