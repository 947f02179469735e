import type { DomainName } from '../../core/brand.ts'
import type { RecordSet, RecordType } from '../../core/records.ts'
import type { Zone } from '../../core/snapshot.ts'
import { isSubdomain, parentOf } from '../../wire/dns/name.ts'

/** A name that exists in a zone: it has records, was configured, or has such a name below it (an empty non-terminal). */
export interface TreeNode {
  readonly name: DomainName
  readonly sets: Map<RecordType, RecordSet>
  /** Undefined for the apex. */
  readonly parent: TreeNode | undefined
  /** Labels below the apex. */
  readonly depth: number
  /** The delegation this name is at or below; what lies there is not ours to answer for (RFC 1034 section 4.2.1). */
  cut?: TreeNode
  /** `*` right below this name: the source of synthesis (RFC 4592 section 3.3.1). */
  wildcard?: TreeNode
}

/**
 * What a zone says of a name.
 *
 * | closest existing name (RFC 4592 section 3.3.1) | answer from     |
 * |------------------------------------------------|-----------------|
 * | at or below a cut                              | the referral    |
 * | the name itself                                | its node        |
 * | an ancestor with a DNAME (RFC 6672 section 3.2) | the DNAME      |
 * | an ancestor with a wildcard child              | the wildcard    |
 * | an ancestor without                            | nothing: NXDOMAIN |
 */
export type Found =
  | { readonly kind: 'node'; readonly node: TreeNode }
  | { readonly kind: 'referral'; readonly cut: TreeNode }
  | { readonly kind: 'redirect'; readonly node: TreeNode }
  | { readonly kind: 'nothing' }

/** A zone's names, as a resolver would walk them (RFC 1034 section 4.3.2). Used when compiling, never per query. */
export class ZoneTree {
  readonly origin: DomainName
  readonly apex: TreeNode
  readonly nodes = new Map<DomainName, TreeNode>()
  /** Every node, the apex first and each parent before what is below it. */
  readonly byDepth: readonly TreeNode[]

  constructor(zone: Zone) {
    this.origin = zone.origin
    this.apex = this.#ensure(zone.origin)
    for (const set of zone.sets) {
      if (isSubdomain(set.name, zone.origin)) this.#ensure(set.name).sets.set(set.type, set)
    }
    // A name whose answer is empty now still exists: NODATA, never NXDOMAIN (RFC 8020 would cut what is below it too).
    for (const name of zone.names) if (isSubdomain(name, zone.origin)) this.#ensure(name)
    this.byDepth = [...this.nodes.values()].sort((a, b) => a.depth - b.depth)
    for (const node of this.byDepth) {
      const { parent } = node
      const cut = parent?.cut ?? (isDelegation(node, this.apex) ? node : undefined)
      if (cut !== undefined) node.cut = cut
      if (parent !== undefined && isWildcard(node.name)) parent.wildcard = node
    }
  }

  find(name: DomainName): Found {
    const exact = this.nodes.get(name)
    if (exact !== undefined) {
      return exact.cut === undefined ? { kind: 'node', node: exact } : { kind: 'referral', cut: exact.cut }
    }
    let encloser: TreeNode | undefined
    for (let at = parentOf(name); at !== undefined && encloser === undefined; at = parentOf(at)) {
      encloser = this.nodes.get(at)
    }
    if (encloser?.cut !== undefined) return { kind: 'referral', cut: encloser.cut }
    if (encloser?.sets.has('DNAME') === true) return { kind: 'redirect', node: encloser }
    if (encloser?.wildcard !== undefined) return { kind: 'node', node: encloser.wildcard }
    return { kind: 'nothing' }
  }

  #ensure(name: DomainName): TreeNode {
    const present = this.nodes.get(name)
    if (present !== undefined) return present
    const above = name === this.origin ? undefined : parentOf(name)
    const parent = above === undefined ? undefined : this.#ensure(above)
    const node: TreeNode = {
      name,
      sets: new Map(),
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
    }
    this.nodes.set(name, node)
    return node
  }
}

/** The asterisk label alone makes a wildcard; `\042` is the same octet (RFC 4592 section 2.1.1). */
export function isWildcard(name: DomainName): boolean {
  return name.startsWith('*.')
}

/** NS at the apex names the zone's own servers; at a wildcard its meaning is undefined (RFC 4592 section 4.2) and it is plain data. */
function isDelegation(node: TreeNode, apex: TreeNode): boolean {
  return node !== apex && node.sets.has('NS') && !isWildcard(node.name)
}
