import type { DomainName } from '../../core/brand.ts'
import type { Rdata, RecordSet, RecordType } from '../../core/records.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { isSubdomain } from '../../wire/dns/name.ts'
import { type OwnedSet, owned, type Sections } from './render.ts'
import type { TreeNode, ZoneTree } from './tree.ts'

/**
 * The sets that a resolver will ask for next: SRV of a NAPTR (RFC 3403 section 8.1), addresses of SRV, MX and NS targets.
 * In the order of the records, both families of a target side by side, for the last are dropped first.
 *
 * A set with alternatives is left out: whoever asks for it gets a draw of its own, and a draw made here would count twice.
 */
export function additionalOf(tree: ZoneTree, records: readonly Rdata[]): OwnedSet[] {
  const chosen = new Map<string, OwnedSet>()
  const add = (name: DomainName, type: RecordType): readonly Rdata[] => {
    const found = tree.origin === name || isSubdomain(name, tree.origin) ? tree.find(name) : undefined
    const set = found?.kind === 'node' ? found.node.sets.get(type) : undefined
    if (set === undefined || set.alternatives !== undefined) return []
    chosen.set(`${name} ${type}`, owned(name, set))
    return set.records
  }
  const services = records.flatMap((record) =>
    record.type === 'NAPTR' && record.flags.toLowerCase() === 's' ? add(record.replacement, 'SRV') : [],
  )
  for (const record of [...records, ...services]) {
    const host = hostOf(record)
    if (host === undefined) continue
    add(host, 'A')
    add(host, 'AAAA')
  }
  return [...chosen.values()]
}

/** The name whose addresses a client needs to use this record. */
function hostOf(record: Rdata): DomainName | undefined {
  if (record.type === 'SRV' || record.type === 'NS') return record.target
  if (record.type === 'MX') return record.exchange
  // RFC 3404 section 4.3: flag A leads to an address.
  if (record.type === 'NAPTR' && record.flags.toLowerCase() === 'a') return record.replacement
  return undefined
}

/** The SOA as a denial carries it: its TTL is how long the denial is kept, min(TTL, MINIMUM) (RFC 2308 sections 3 and 5). */
export function denial(tree: ZoneTree): OwnedSet[] {
  const set = tree.apex.sets.get('SOA')
  const soa = set?.records[0]
  if (set === undefined || soa?.type !== 'SOA') return []
  return [{ owner: tree.origin, ttl: Math.min(set.ttl, soa.minimum), records: [soa] }]
}

/** Name exists, type does not (RFC 2308 section 2.2). */
export function nodata(tree: ZoneTree): Sections {
  return { rcode: RCODE.NOERROR, authoritative: true, authority: denial(tree) }
}

/** The DNAME above QNAME; the alias that follows from it is made for each QNAME (RFC 6672 section 3.1). */
export function redirection(node: TreeNode): Sections {
  const set = node.sets.get('DNAME')
  if (set === undefined) throw new Error(`${node.name} has no DNAME`)
  return { rcode: RCODE.NOERROR, authoritative: true, answer: [owned(node.name, set)], redirects: true }
}

/** Neither the name nor anything below it exists (RFC 2308 section 2.1, RFC 8020). */
export function nxdomain(tree: ZoneTree): Sections {
  return { rcode: RCODE.NXDOMAIN, authoritative: true, authority: denial(tree) }
}

/**
 * Where the delegated name's servers are (RFC 1034 section 4.3.2, step 3b), without AA.
 *
 * | address of a name server            | goes                                               |
 * |-------------------------------------|----------------------------------------------------|
 * | at or below the cut                 | always, or TC: RFC 9471 section 3.1                |
 * | elsewhere in this zone              | as space allows: RFC 9471 section 3.2              |
 * | in another zone                     | nowhere: it is not ours to say                     |
 */
export function referral(tree: ZoneTree, cut: TreeNode): Sections {
  const servers = cut.sets.get('NS')
  const names = (servers?.records ?? []).flatMap((record) => (record.type === 'NS' ? [record.target] : []))
  const inDomain = names.filter((name) => isSubdomain(name, cut.name))
  const elsewhere = names.filter((name) => !isSubdomain(name, cut.name))
  return {
    rcode: RCODE.NOERROR,
    authoritative: false,
    authority: servers === undefined ? [] : [owned(cut.name, servers)],
    glue: inDomain.flatMap((name) => addressesOf(tree, name)),
    additional: elsewhere.flatMap((name) => addressesOf(tree, name)),
  }
}

/** Addresses as the zone holds them, below a cut too: that is what glue is. */
function addressesOf(tree: ZoneTree, name: DomainName): OwnedSet[] {
  const sets = tree.nodes.get(name)?.sets
  const found: (RecordSet | undefined)[] = [sets?.get('A'), sets?.get('AAAA')]
  return found.flatMap((set) => (set === undefined ? [] : [owned(name, set)]))
}
