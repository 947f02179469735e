import type { Outcome } from '../../src/core/outcome.ts'
import type { Target } from '../../src/core/target.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import type { PoolLimits } from '../../src/probes/transport/channel-pool.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from './probe-deps.ts'
import { createSipServer, type SipServer, type SipServerOptions } from './sip-server.ts'
import { labTarget } from './sip-targets.ts'
import { VirtualTime } from './virtual-time.ts'

export const TIMEOUT_MS = 1000

/** A server of the lab and an OPTIONS prober for it, on real sockets at virtual time. */
export interface SipBench {
  readonly time: VirtualTime
  readonly server: SipServer
  readonly sip: SipTransports
  readonly prober: Prober
  readonly target: Target
  ask(context?: Partial<AskContext>): Promise<Outcome>
  close(): Promise<void>
}

export interface SipBenchOptions {
  readonly server: SipServerOptions
  /** Of the probe, beside its transport. */
  readonly probe?: Readonly<Record<string, unknown>>
  readonly target?: Partial<Target>
  readonly limits?: Partial<PoolLimits>
  readonly startMs?: number
}

export async function createSipBench(options: SipBenchOptions): Promise<SipBench> {
  const time = new VirtualTime(options.startMs)
  const server = await createSipServer({ timers: time, ...options.server })
  const sip = createSipTransports({ clock: time, timers: time, limits: options.limits ?? {} })
  const settings = sipOptions.options.parse({ transport: options.server.transport, ...options.probe })
  const prober = sipOptions.create(settings, probeDeps({ clock: time, timers: time, sip }))
  await prober.start()
  const target = labTarget(server.port, options.target)
  return {
    time,
    server,
    sip,
    prober,
    target,
    ask: (context = {}) => prober.ask(target, server.address, { timeoutMs: TIMEOUT_MS, ...context }),
    async close() {
      await prober.close()
      await sip.close()
      await server.close()
    },
  }
}

/** Lets what is under way on loopback arrive. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
