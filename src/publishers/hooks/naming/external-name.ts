import { lookup, Resolver } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { errnoOf } from '../../../core/errors.ts'
import type { ServedTarget } from '../../../core/event.ts'
import type { Timers } from '../../../core/ports.ts'
import type { Target } from '../../../core/target.ts'
import type { Finding, HookContext } from '../definition.ts'
import { HookError } from '../error.ts'
import { pause } from '../runner/pause.ts'

const LOOK_AGAIN_MS = 200

/** IPv4 addresses of a name, as a PBX on this host would get them: by the system's own resolver, or by `resolver` (`address[:port]`). */
export async function addressesOf(name: string, resolver: string | undefined): Promise<string[]> {
  try {
    if (resolver === undefined) {
      const found = await lookup(name, { all: true, family: 4 })
      return found.map(({ address }) => address)
    }
    const own = new Resolver({ timeout: 1_000, tries: 2 })
    own.setServers([resolver])
    return await own.resolve4(name)
  } catch (error) {
    const code = errnoOf(error) ?? 'failed'
    if (code === 'ENOTFOUND' || code === 'ENODATA') return []
    throw new HookError('failed', `${name} cannot be looked up: ${code}`)
  }
}

/** What a hook is told of the name that its PBX goes by. */
export interface Naming {
  readonly externalName?: string | undefined
  readonly resolver?: string | undefined
}

/**
 * Waits, where there is such a name, until it leads to the new target, the first of `candidates`: the PBX is to be told no earlier. Gives
 * back its address. Throws as `refused` where that has no IPv4 one. A dry run waits for nothing.
 */
export async function untilNamed(
  { externalName, resolver }: Naming,
  candidates: readonly ServedTarget[],
  { signal, dryRun, step }: HookContext,
  timers: Timers,
): Promise<string | undefined> {
  if (externalName === undefined || dryRun) return undefined
  const address = ipv4Of(candidates[0]?.addresses ?? [])
  step(`waiting for ${externalName} to be ${address} alone`)
  await untilNameIs(externalName, address, resolver, { signal, timers })
  return address
}

/**
 * Resolves once the name leads to `address` and to nothing else. Asterisk keeps its old address while that is still among several
 * (res_pjsip since 2024-10, `resolve_match_or_first`), and FreeSWITCH reads whichever it gets, so telling them earlier would do nothing.
 */
async function untilNameIs(
  name: string,
  address: string,
  resolver: string | undefined,
  { signal, timers }: { readonly signal: AbortSignal; readonly timers: Timers },
): Promise<void> {
  for (;;) {
    const seen = await addressesOf(name, resolver).catch((error: unknown) => {
      // A resolver that is busy with the very failover may answer in a moment.
      if (error instanceof HookError) return []
      throw error
    })
    if (seen.length === 1 && seen[0] === address) return
    if (!(await pause(timers, LOOK_AGAIN_MS, signal))) throw new HookError('stopped', 'stopped')
  }
}

/** For `sipvane hook test`: does the name lead to one target, and to that alone? */
export async function checkName(
  name: string,
  resolver: string | undefined,
  targets: readonly Target[],
): Promise<Finding> {
  const seen = await addressesOf(name, resolver)
  const [address] = seen
  if (seen.length !== 1 || address === undefined) {
    const text = `${name} has ${seen.length} addresses; exactly one is needed, the live link's (policy failover)`
    return { result: 'fail', text }
  }
  const owner = targets.find((target) => target.addresses.includes(address))
  if (owner === undefined)
    return { result: 'fail', text: `${name} is ${address}, which no target of the hook's pools has` }
  return { result: 'pass', text: `${name} is ${address} alone, that is ${owner.id}` }
}

/** The new target's IPv4 address; throws as `refused` where it has none. */
function ipv4Of(addresses: readonly string[]): string {
  const found = addresses.find((address) => isIPv4(address))
  if (found === undefined) throw new HookError('refused', 'the new target has no IPv4 address')
  return found
}
