import type { Outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type {
  AskContext,
  ProbeDefinition,
  ProbeDeps,
  Prober,
  TraceStep,
} from '../../src/probes/definition.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from './probe-deps.ts'
import { settled } from './sip-bench.ts'
import { createSipServer, type SipServer, type SipServerOptions } from './sip-server.ts'
import { labTarget } from './sip-targets.ts'
import { VirtualTime } from './virtual-time.ts'

/** A prober of any kind and a server of the lab, on real sockets at virtual time. */
export interface CallBench {
  readonly time: VirtualTime
  readonly server: SipServer
  readonly sip: SipTransports
  readonly prober: Prober
  readonly target: ReturnType<typeof labTarget>
  /** Messages and notes of all questions so far. */
  readonly trace: TraceStep[]
  ask(context?: Partial<AskContext>): Promise<Outcome>
  /** Lets time run in small steps, what is on its way arriving at each. */
  play(ms: number, stepMs?: number): Promise<void>
  /** Asks, and lets time run until the outcome is there. */
  asked(context?: Partial<AskContext>): Promise<Outcome>
  close(): Promise<void>
}

export interface CallBenchOptions {
  readonly definition: ProbeDefinition
  readonly server: SipServerOptions
  readonly options?: Readonly<Record<string, unknown>>
  readonly deps?: Partial<ProbeDeps>
  readonly timeoutMs?: number
}

export async function createCallBench(bench: CallBenchOptions): Promise<CallBench> {
  const time = new VirtualTime(1_000_000)
  const server = await createSipServer({ timers: time, ...bench.server })
  const sip = createSipTransports({ clock: time, timers: time })
  const { definition } = bench
  const { transport } = bench.server
  const settings = definition.options.parse({
    transport,
    ...(transport === 'tls' || transport === 'wss' ? { verify: false } : {}),
    ...bench.options,
  })
  const deps = probeDeps({ clock: time, timers: time, sip, logger: silentLogger, ...bench.deps })
  const prober = definition.create(settings, deps)
  await prober.start()
  const target = labTarget(server.port)
  const trace: TraceStep[] = []
  const play = async (ms: number, stepMs = 20) => {
    for (let left = ms; left > 0; left -= stepMs) {
      await settled()
      await time.advance(Math.min(stepMs, left))
    }
    await settled()
  }
  const ask = (context: Partial<AskContext> = {}) =>
    prober.ask(target, server.address, {
      timeoutMs: bench.timeoutMs ?? 4000,
      trace: (step) => trace.push(step),
      ...context,
    })
  return {
    time,
    server,
    sip,
    prober,
    target,
    trace,
    ask,
    play,
    async asked(context) {
      let over = false
      const asking = ask(context).finally(() => {
        over = true
      })
      // A rejection is told by the caller's await, not by the runner.
      asking.catch(() => {})
      while (!over) await play(20)
      return asking
    },
    async close() {
      const closing = prober.close()
      await play(2000, 200)
      await closing
      await sip.close()
      await server.close()
    },
  }
}
