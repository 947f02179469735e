import { isIP, isIPv4 } from 'node:net'
import type { MonitorSettings, PoolSettings, ProbeSettings } from '../../core/settings.ts'
import { membersOf, withMembers } from '../../probes/registry.ts'
import type { Path } from '../fault.ts'
import type { Report } from '../report.ts'

type Probes = ReadonlyMap<string, ProbeSettings>

/** Probes that ask other probes: every name has to be there, and none may lead back to where it came from. */
export function checkMembers(report: Report, probes: Probes): void {
  const known = report.document.keysAt(['probes'])
  for (const probe of probes.values()) {
    const path: Path = ['probes', probe.name, 'of']
    for (const [index, member] of membersOf(probe).entries()) {
      if (!known.includes(member)) report.refuseName([...path, index], known)
    }
    const circle = wayBack(probe.name, probes)
    if (circle !== undefined) report.fault(path, `asks itself: ${circle.join(' -> ')}`)
  }
}

/** The way from a probe back to itself; undefined where there is none. */
function wayBack(start: string, probes: Probes): string[] | undefined {
  const seen = new Set<string>()
  const follow = (name: string, way: readonly string[]): string[] | undefined => {
    const probe = probes.get(name)
    for (const member of probe === undefined ? [] : membersOf(probe)) {
      if (member === start) return [...way, member]
      if (seen.has(member)) continue
      seen.add(member)
      const found = follow(member, [...way, member])
      if (found !== undefined) return found
    }
    return undefined
  }
  return follow(start, [start])
}

/** A probe with a source of its own cannot ask addresses of the other family. */
export function checkSources(report: Report, pools: ReadonlyMap<string, PoolSettings>, probes: Probes): void {
  for (const pool of pools.values()) {
    for (const [index, listed] of pool.probes.entries()) {
      const fault = [...withMembers([listed], probes)]
        .map((name) => sourceFault(pool, probes.get(name)))
        .find((each) => each !== undefined)
      if (fault !== undefined) report.fault(['pools', pool.name, 'probes', index], fault)
    }
  }
}

function sourceFault(pool: PoolSettings, probe: ProbeSettings | undefined): string | undefined {
  const { source } = probe ?? {}
  // An interface may have addresses of both families.
  if (probe === undefined || source === undefined || isIP(source) === 0) return undefined
  const strange = pool.targets.flatMap((target) =>
    target.addresses
      .filter((address) => isIPv4(address) !== isIPv4(source))
      .map((address) => ({ target, address })),
  )
  const [first] = strange
  if (first === undefined) return undefined
  const { target, address } = first
  return `${probe.name} leaves by ${source} and cannot reach ${address} of ${target.name}: one family of addresses each`
}

/** Only hosts of an address's own family are asked for it: with too few of them it could never be up. */
export function checkQuorums(report: Report, pools: ReadonlyMap<string, PoolSettings>, probes: Probes): void {
  for (const pool of pools.values()) {
    for (const [index, listed] of pool.probes.entries()) {
      const fault = [...withMembers([listed], probes)]
        .map((name) => quorumFault(pool, probes.get(name)))
        .find((each) => each !== undefined)
      if (fault !== undefined) report.fault(['pools', pool.name, 'probes', index], fault)
    }
  }
}

function quorumFault(pool: PoolSettings, probe: ProbeSettings | undefined): string | undefined {
  if (probe?.destinations === undefined) return undefined
  const { name, destinations, quorum = 1 } = probe
  for (const target of pool.targets) {
    for (const address of target.addresses) {
      const alike = destinations.filter((each) => isIPv4(each) === isIPv4(address)).length
      const family = isIPv4(address) ? 'IPv4' : 'IPv6'
      if (alike < quorum)
        return `${name} has ${alike} destinations of ${family} for ${address} of ${target.name}, and its quorum is ${quorum}; allowed: as many at least`
    }
  }
  return undefined
}

export function warnOfUnusedProbes(
  report: Report,
  pools: ReadonlyMap<string, PoolSettings>,
  probes: Probes,
  monitor: MonitorSettings | undefined,
): void {
  const listed = [...pools.values()].flatMap((pool) => pool.probes)
  for (const { probe } of monitor?.sentinels ?? []) listed.push(probe)
  const used = withMembers(listed, probes)
  for (const name of report.document.keysAt(['probes'])) {
    if (!used.has(name)) report.warn(['probes', name], 'no pool asks this probe')
  }
}
