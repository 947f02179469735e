import type { DomainName } from '../../core/brand.ts'
import type { RecordSet } from '../../core/records.ts'
import { RCODE, TYPE, typeCode } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { type Entry, entryOf, positive } from './entry.ts'
import { type OwnedSet, owned, type Reference } from './render.ts'
import { denial, referral } from './sections.ts'
import type { Found, TreeNode, ZoneTree } from './tree.ts'

/** Aliases followed for one query; a resolver that wants more asks for the last one. */
export const MAX_ALIASES = 8

/** Where a name is looked up: in one zone, or in all that are served. Undefined: in none of them. */
export type Resolve = (name: DomainName) => { readonly tree: ZoneTree; readonly found: Found } | undefined

export interface AliasAnswers {
  readonly byType: ReadonlyMap<number, Entry>
  readonly otherwise: Entry
  /** The chain ends where `resolve` knows no more: in another zone, perhaps one that is served too. */
  readonly leaves: boolean
}

interface Chain {
  /** CNAME sets in order; the first belongs to QNAME. */
  readonly links: readonly OwnedSet[]
  /** The name that the last one leads to. */
  readonly target: DomainName
  /** Undefined: outside, a loop, or too long. */
  readonly end?: { readonly tree: ZoneTree; readonly found: Found }
  readonly stopped: boolean
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
  const leaves = !chain.stopped && (end === undefined || end.found.kind === 'referral')
  return { byType, otherwise: otherwise(reference, chain), leaves }
}

function otherwise(reference: Reference, chain: Chain): Entry {
  const { links, end } = chain
  // AA speaks of the first owner name, and that is ours (RFC 1035 section 4.1.1).
  const common = { authoritative: true, answer: links }
  if (end === undefined) return entryOf(reference, () => ({ ...common, rcode: RCODE.NOERROR }))
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
    if (seen.has(target) || links.length >= MAX_ALIASES) return { links, target, stopped: true }
    seen.add(target)
    const end = resolve(target)
    if (end === undefined) return { links, target, stopped: false }
    const next = end.found.kind === 'node' ? aliasOf(end.found.node) : undefined
    if (next === undefined) return { links, target, end, stopped: false }
    links.push(owned(target, next))
    target = targetOf(next)
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
