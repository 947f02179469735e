import type { DomainName } from '../../core/brand.ts'
import type { Rdata } from '../../core/records.ts'
import type { Zone } from '../../core/snapshot.ts'
import { RCODE, TYPE, typeCode } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { labelsOf } from '../../wire/dns/name.ts'
import { aliasOf, compileAlias, type Resolve } from './alias.ts'
import { type Entry, entryOf, positive } from './entry.ts'
import type { Reference } from './render.ts'
import { nodata, nxdomain, redirection, referral } from './sections.ts'
import { isWildcard, type TreeNode, type ZoneTree } from './tree.ts'

/** Everything that may be said of one existing name. */
export interface CompiledNode {
  readonly name: DomainName
  /** By type code; `ANY` has an entry of its own. */
  readonly byType: ReadonlyMap<number, Entry>
  readonly otherwise: Entry
  /** The wildcard that answers for names below this one which do not exist; else `missing` does. */
  readonly source: CompiledNode | undefined
  readonly missing: Entry
}

export interface CompiledZone {
  readonly zone: Zone
  /** Labels of the apex. */
  readonly labels: number
  /** A wildcard before the name that it answers for. */
  readonly nodes: ReadonlyMap<TreeNode, CompiledNode>
}

/** RFC 8482 section 4.2. The TTL is long on purpose: there is nothing in it that could grow stale. */
const MINIMAL_ANY: Rdata = {
  type: `TYPE${TYPE.HINFO}`,
  data: `07${Buffer.from('RFC8482').toString('hex')}00`,
}
const MINIMAL_ANY_TTL = 3600

/** Lays out every answer of the zone that `tree` was made of. `resolve`: where its aliases lead to. Pure. */
export function compileZone(zone: Zone, tree: ZoneTree, resolve: Resolve): CompiledZone {
  const apex: Reference = { name: tree.origin, synthesised: false }
  const shared: Shared = {
    tree,
    resolve,
    nodata: entryOf(apex, () => nodata(tree)),
    nxdomain: entryOf(apex, () => nxdomain(tree)),
    // It names nothing but QNAME, so every name can have the same.
    minimalAny: minimalAny(apex),
  }
  const referrals = new Map<TreeNode, Entry>()
  const nodes = new Map<TreeNode, CompiledNode>()
  // Wildcards are below the names they answer for, so the deepest come first.
  for (const node of [...tree.byDepth].reverse()) {
    const source = node.wildcard === undefined ? undefined : nodes.get(node.wildcard)
    nodes.set(
      node,
      node.cut === undefined
        ? compileNode(node, shared, source)
        : compileDelegated(node, node.cut, shared, referrals),
    )
  }
  return { zone, labels: labelsOf(tree.origin).length, nodes }
}

interface Shared {
  readonly tree: ZoneTree
  readonly resolve: Resolve
  readonly nodata: Entry
  readonly nxdomain: Entry
  readonly minimalAny: Entry
}

/** A wildcard's answers serve names of any length below its parent, and the query for the wildcard itself alike. */
function referenceOf(node: TreeNode): Reference {
  return { name: node.name, synthesised: isWildcard(node.name) }
}

function compileNode(node: TreeNode, shared: Shared, source: CompiledNode | undefined): CompiledNode {
  const reference = referenceOf(node)
  // RFC 6672 section 3.2: a DNAME comes before a wildcard, and nothing below it exists but by it.
  const redirects = node.sets.has('DNAME')
  const missing = redirects ? entryOf(reference, () => redirection(node)) : shared.nxdomain
  const rest = { name: node.name, source: redirects ? undefined : source, missing }
  const alias = aliasOf(node)
  if (alias !== undefined) return { ...compileAlias(reference, alias, shared.tree, shared.resolve), ...rest }

  const byType = new Map<number, Entry>()
  for (const set of node.sets.values()) byType.set(typeCode(set.type), positive(reference, shared.tree, set))
  // RFC 8482 section 4.2: a HINFO of our making, unless the name has a real one. A name without data has nothing to stand in for.
  if (node.sets.size > 0) byType.set(TYPE.ANY, byType.get(TYPE.HINFO) ?? shared.minimalAny)
  return { byType, otherwise: shared.nodata, ...rest }
}

/** At and below a cut all is referral, but DS at the cut itself, which is the parent's to answer (RFC 4035 section 3.1.4.1). */
function compileDelegated(
  node: TreeNode,
  cut: TreeNode,
  shared: Shared,
  referrals: Map<TreeNode, Entry>,
): CompiledNode {
  const reference: Reference = { name: cut.name, synthesised: false }
  const entry = referrals.get(cut) ?? entryOf(reference, () => referral(shared.tree, cut))
  referrals.set(cut, entry)
  const byType = new Map<number, Entry>()
  if (node === cut) {
    const ds = node.sets.get(`TYPE${TYPE.DS}`)
    byType.set(TYPE.DS, ds === undefined ? shared.nodata : positive(reference, shared.tree, ds))
  }
  return { name: node.name, byType, otherwise: entry, source: undefined, missing: entry }
}

function minimalAny(reference: Reference): Entry {
  return entryOf(reference, () => ({
    rcode: RCODE.NOERROR,
    authoritative: true,
    answer: [{ owner: QNAME, ttl: MINIMAL_ANY_TTL, records: [MINIMAL_ANY] }],
  }))
}
