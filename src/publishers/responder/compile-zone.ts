import type { Rdata } from '../../core/records.ts'
import type { Zone } from '../../core/snapshot.ts'
import { RCODE, TYPE, typeCode } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { encodeName, isSubdomain, labelsOf } from '../../wire/dns/name.ts'
import { aliasOf, compileAlias, type Resolve } from './alias.ts'
import { type Entry, entryOf, positive } from './entry.ts'
import { NameTable } from './name-table.ts'
import type { Reference } from './render.ts'
import { nodata, nxdomain, referral } from './sections.ts'
import { isWildcard, type TreeNode, ZoneTree } from './tree.ts'

/** Everything that may be said of one existing name. */
export interface CompiledNode {
  /** By type code; `ANY` has an entry of its own. */
  readonly byType: ReadonlyMap<number, Entry>
  readonly otherwise: Entry
  /** The wildcard that answers for names below this one which do not exist; else `missing` does. */
  readonly source: CompiledNode | undefined
  readonly missing: Entry
  /** An alias whose chain leaves the zone: the snapshot may know better (`CompiledSnapshot.linked`). */
  readonly leaves: boolean
}

export interface CompiledZone {
  readonly zone: Zone
  readonly tree: ZoneTree
  /** Labels of the apex. */
  readonly labels: number
  readonly names: NameTable<CompiledNode>
  readonly leaving: readonly { readonly node: CompiledNode; readonly tree: TreeNode }[]
}

/** RFC 8482 section 4.2. The TTL is long on purpose: there is nothing in it that could grow stale. */
const MINIMAL_ANY: Rdata = {
  type: `TYPE${TYPE.HINFO}`,
  data: `07${Buffer.from('RFC8482').toString('hex')}00`,
}
const MINIMAL_ANY_TTL = 3600

/** Lays out every answer of a zone. Pure: the same zone gives the same result, so an unchanged `Zone` is compiled once. */
export function compileZone(zone: Zone): CompiledZone {
  const tree = new ZoneTree(zone)
  const apex: Reference = { name: tree.origin, synthesised: false }
  const shared = {
    tree,
    nodata: entryOf(apex, () => nodata(tree)),
    nxdomain: entryOf(apex, () => nxdomain(tree)),
  }
  const referrals = new Map<TreeNode, Entry>()
  const compiled = new Map<TreeNode, CompiledNode>()
  const leaving: { node: CompiledNode; tree: TreeNode }[] = []
  // Wildcards are below the names they answer for, so the deepest come first.
  for (const node of [...tree.byDepth].reverse()) {
    const source = node.wildcard === undefined ? undefined : compiled.get(node.wildcard)
    const result =
      node.cut === undefined
        ? compileNode(node, shared, source)
        : compileDelegated(node, node.cut, shared, referrals)
    compiled.set(node, result)
    if (result.leaves) leaving.push({ node: result, tree: node })
  }
  const names = new NameTable([...compiled].map(([node, result]) => [encodeName(node.name), result] as const))
  return { zone, tree, labels: labelsOf(tree.origin).length, names, leaving }
}

interface Shared {
  readonly tree: ZoneTree
  readonly nodata: Entry
  readonly nxdomain: Entry
}

/** A wildcard's answers serve names of any length below its parent, and the query for the wildcard itself alike. */
export function referenceOf(node: TreeNode): Reference {
  return { name: node.name, synthesised: isWildcard(node.name) }
}

function compileNode(node: TreeNode, shared: Shared, source: CompiledNode | undefined): CompiledNode {
  const reference = referenceOf(node)
  const rest = { source, missing: shared.nxdomain }
  const alias = aliasOf(node)
  if (alias !== undefined)
    return { ...compileAlias(reference, alias, shared.tree, within(shared.tree)), ...rest }

  const byType = new Map<number, Entry>()
  for (const set of node.sets.values()) byType.set(typeCode(set.type), positive(reference, shared.tree, set))
  // RFC 8482 section 4.2: a HINFO of our making, unless the name has a real one. A name without data has nothing to stand in for.
  if (node.sets.size > 0) byType.set(TYPE.ANY, byType.get(TYPE.HINFO) ?? minimalAny(reference))
  return { byType, otherwise: shared.nodata, leaves: false, ...rest }
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
  return { byType, otherwise: entry, source: undefined, missing: entry, leaves: false }
}

function minimalAny(reference: Reference): Entry {
  return entryOf(reference, () => ({
    rcode: RCODE.NOERROR,
    authoritative: true,
    answer: [{ owner: QNAME, ttl: MINIMAL_ANY_TTL, records: [MINIMAL_ANY] }],
  }))
}

function within(tree: ZoneTree): Resolve {
  return (name) => (isSubdomain(name, tree.origin) ? { tree, found: tree.find(name) } : undefined)
}
