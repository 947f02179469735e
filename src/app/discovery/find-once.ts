import { type Clock, silentLogger, type Timers } from '../../core/ports.ts'
import type { Settings } from '../../core/settings.ts'
import type { Target } from '../../core/target.ts'
import { AddressDiscovery } from './discovery.ts'

/** The target with the address that is found for it now, where the configuration gives none; with none still where none is found. */
export async function findOnce(
  target: Target,
  settings: Settings,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
): Promise<Target> {
  const pool = settings.pools.get(target.pool)
  if (target.addresses.length > 0 || pool === undefined) return target
  const discovery = new AddressDiscovery({ clock, timers, logger: silentLogger, changed: () => {} })
  // Nothing is remembered of it: a look changes nothing.
  const { stateDir: _stateDir, ...rest } = settings
  const asked = { ...rest, pools: new Map([[pool.name, { ...pool, targets: [target] }]]) }
  try {
    await discovery.adopt(asked)
    return discovery.applied(asked).pools.get(pool.name)?.targets[0] ?? target
  } finally {
    await discovery.close()
  }
}
