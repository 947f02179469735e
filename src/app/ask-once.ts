import { SipvaneError } from '../core/errors.ts'
import type { Outcome } from '../core/outcome.ts'
import { silentLogger } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { TraceStep } from '../probes/definition.ts'
import { createSipTransports } from '../probes/transport/shared-sip-transports.ts'
import { findOnce } from './discovery/find-once.ts'
import { Probers } from './probers.ts'
import { ReportStore } from './report-board.ts'
import { systemClock } from './system.ts'
import { createTimerWheel } from './timer-wheel.ts'

export interface RoundResult {
  readonly probe: string
  readonly kind: string
  readonly address: string
  readonly steps: readonly TraceStep[]
  readonly outcome: Outcome
}

/**
 * One round of a target's probes, one after the other, each message kept. What comes back is what a running instance would take in.
 * Rejects with a `SipvaneError` where a probe cannot work on this system, or no address of the target is found.
 */
export async function* askOnce(settings: Settings, target: Target): AsyncGenerator<RoundResult> {
  const timers = createTimerWheel(systemClock)
  const sip = createSipTransports({ clock: systemClock, timers })
  const reports = new ReportStore()
  const probers = new Probers({ clock: systemClock, timers, logger: silentLogger, sip, reports })
  const pool = settings.pools.get(target.pool)
  if (pool === undefined) throw new Error(`unknown pool ${target.pool}`)
  try {
    const { addresses } = await findOnce(target, settings, { clock: systemClock, timers })
    if (addresses.length === 0)
      throw new SipvaneError('address-unknown', `no source tells the address of ${target.id}`, {
        retryable: true,
      })
    // A kind that cannot work here must not stand in the way of other pools' targets.
    await probers.adopt({ ...settings, pools: new Map([[pool.name, pool]]) })
    for (const name of pool.probes) {
      const probe = settings.probes.get(name)
      if (probe === undefined) throw new Error(`unknown probe ${name}`)
      for (const address of addresses) {
        const steps: TraceStep[] = []
        const outcome = await probers.get(name).ask(target, address, {
          timeoutMs: probe.timeoutMs,
          trace: (step) => steps.push(step),
        })
        yield { probe: name, kind: probe.kind, address, steps, outcome }
      }
    }
  } finally {
    await probers.close()
    await sip.close()
    timers.stop()
  }
}
