import { isIPv6 } from 'node:net'
import { Pace } from '../../src/app/pace.ts'
import type { HealthState } from '../../src/core/health.ts'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Random } from '../../src/core/ports.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'
import type { Budget } from '../../src/health/budget.ts'
import { initialHealth } from '../../src/health/machine.ts'
import type { Watched } from '../../src/health/sight.ts'

/** One address as one probe asks it, with the question under way. */
export interface Watch extends Watched {
  readonly key: string
  readonly address: string
  readonly probe: ProbeSettings
  readonly pace: Pace
  state: HealthState
  budget: Budget
  /** Requests that the next question is likely to send. */
  expected: number
  dueMs: number
  startedMs?: number
  pending?: Outcome
  /** When the answer to the last question's other transmission comes. */
  spuriousAtMs?: number
}

export interface Watching {
  readonly pool: PoolSettings
  readonly probes: readonly ProbeSettings[]
  /** Addresses that are asked by the first probe and belong to no target. */
  readonly sentinels: readonly string[]
  readonly startMs: number
  readonly kept: Readonly<Record<string, HealthState>> | undefined
  readonly random: Random
}

/** Everybody who is asked, at random phases. */
export function watchesOf({ pool, probes, sentinels, startMs, kept, random }: Watching): Watch[] {
  const targets = pool.targets.map(({ name, id, addresses }) => ({
    name,
    id,
    addresses,
    asked: probes,
    sentinel: false,
  }))
  const first = probes.slice(0, 1)
  const others = sentinels.map((address) => ({
    name: `sentinel-${address}`,
    id: address,
    addresses: [address],
    asked: first,
    sentinel: true,
  }))
  return [...targets, ...others].flatMap(({ name, id, addresses, asked, sentinel }) => {
    const pace = new Pace()
    return addresses.flatMap((address) =>
      asked.map((probe): Watch => {
        const key = `${name} ${probe.name} ${address}`
        return {
          key,
          id,
          address,
          family: isIPv6(address) ? 6 : 4,
          ...(sentinel ? { sentinel } : {}),
          probe,
          pace,
          state: kept?.[key] ?? initialHealth(startMs),
          budget: { timeoutMs: probe.timeoutMs },
          expected: 1,
          dueMs: startMs + random.next() * probe.intervalMs,
        }
      }),
    )
  })
}
