import { isIPv6 } from 'node:net'
import { type InLine, Line } from '../../src/app/line.ts'
import type { HealthState } from '../../src/core/health.ts'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Random } from '../../src/core/ports.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'
import type { Budget } from '../../src/health/budget.ts'
import { initialHealth } from '../../src/health/machine.ts'
import type { Watched } from '../../src/health/sight.ts'

/** One address as one probe asks it, with the question under way. */
export interface Watch extends Watched, InLine {
  readonly key: string
  readonly address: string
  readonly probe: ProbeSettings
  readonly line: Line<Watch>
  state: HealthState
  budget: Budget
  expected: number
  asking: boolean
  askedMs: number
  wishMs: number
  dueMs: number
  waits: boolean
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
    const line = new Line<Watch>()
    return addresses.flatMap((address) =>
      asked.map((probe): Watch => {
        const key = `${name} ${probe.name} ${address}`
        const dueMs = startMs + random.next() * probe.intervalMs
        const watch: Watch = {
          key,
          id,
          address,
          family: isIPv6(address) ? 6 : 4,
          ...(sentinel ? { sentinel } : {}),
          probe,
          line,
          state: kept?.[key] ?? initialHealth(startMs),
          budget: { timeoutMs: probe.timeoutMs },
          requests: 1,
          expected: 1,
          asking: false,
          askedMs: 0,
          // Noted in the pace with the question itself (`answerOf`).
          resent: true,
          wishMs: dueMs,
          dueMs,
          waits: false,
          hurried: false,
        }
        line.join(watch)
        return watch
      }),
    )
  })
}
