import { targetId } from '../core/brand.ts'
import type { SentinelSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'

/** No pool can have this name. */
const SENTINELS = '@sentinels'

/** A sentinel as probes see it: a target of no pool, which no answer ever names. */
export function sentinelTarget({ name, address, port }: SentinelSettings): Target {
  const plain = port ?? 5060
  return {
    id: targetId(SENTINELS, name),
    pool: SENTINELS,
    name,
    addresses: [address],
    ports: { udp: plain, tcp: plain, tls: port ?? 5061, ws: port ?? 80, wss: port ?? 443 },
    priority: 0,
    weight: 0,
  }
}
