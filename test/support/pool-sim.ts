import { targetId } from '../../src/core/brand.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'
import type { Target } from '../../src/core/target.ts'
import type { Override, Status, Verdict } from '../../src/core/verdict.ts'

/** Values for tests of health and policy, with the configuration's defaults where nothing is said. */

const PORTS = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 } as const

export function targetOf(name: string, rest: Partial<Target> = {}): Target {
  const pool = rest.pool ?? 'edge'
  return {
    id: targetId(pool, name),
    pool,
    name,
    addresses: [`192.0.2.${[...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 250}`],
    ports: PORTS,
    priority: 10,
    weight: 100,
    ...rest,
  }
}

export function poolOf(targets: readonly Target[], rest: Partial<PoolSettings> = {}): PoolSettings {
  return {
    name: 'edge',
    policy: 'failover',
    probes: ['options'],
    allDown: 'serve-all',
    fallback: [],
    failback: { mode: 'auto', delayMs: 60_000 },
    slowStartMs: 0,
    targets,
    ...rest,
  }
}

export function probeOf(rest: Partial<ProbeSettings> = {}): ProbeSettings {
  return {
    name: 'options',
    kind: 'sip-options',
    intervalMs: 1000,
    timeoutMs: 500,
    fastIntervalMs: 200,
    rise: 2,
    fall: 3,
    onFail: 'down',
    options: {},
    ...rest,
  }
}

/** A verdict as `judge` would give it: all addresses alike, unless `dead` names those that are down. */
export function verdictOf(
  target: Target,
  real: Status,
  rest: { override?: Override; suspect?: boolean; dead?: readonly string[] } = {},
): Verdict {
  const { override, suspect = false, dead = [] } = rest
  return {
    target: target.id,
    real,
    effective: override === undefined ? real : override.kind,
    ...(override === undefined ? {} : { override }),
    addresses: target.addresses.map((address) => ({
      address,
      status: dead.includes(address) ? 'down' : real,
    })),
    planes: { control: real },
    sinceMs: 0,
    suspect,
    silent: false,
    why: [override === undefined ? `options: ${real}` : `${override.kind} by test`],
  }
}

/** A decision in one line: `failover A=sip2 SRV=sip2@20:100,sip1@30:60`; addresses where a target has lost some. */
export function briefly(decision: Decision, pool?: PoolSettings): string {
  const active = decision.active.map(({ name }) => name).join('+')
  const members = decision.members.map(({ name, addresses, priority, weight, target }) => {
    const configured = pool?.targets.find(({ id }) => id === target)?.addresses.length ?? addresses.length
    return `${name}@${priority}:${weight}${addresses.length < configured ? `(${addresses.join(' ')})` : ''}`
  })
  return `${decision.mode} A=${active} SRV=${members.join(',')}`
}
