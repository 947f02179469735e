import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipRegister } from '../../src/probes/sip-register.ts'
import { type CallBench, type CallBenchOptions, createCallBench } from './call-bench.ts'
import type { Behaviour } from './sip-behaviours.ts'
import { type DigestOptions, PROBE_PASSWORD, PROBE_USER } from './sip-digest.ts'
import { Registrar, type RegistrarOptions } from './sip-registrar.ts'

type Options = Readonly<Record<string, unknown>>

/** An account that the lab's registrar knows. */
export const REGISTERED: Options = { user: PROBE_USER, password: PROBE_PASSWORD, domain: 'lab.example' }

/** Benches of a sip-register probe, closed together. */
export class RegisterRig {
  readonly #benches: CallBench[] = []

  async against(
    behaviour: Behaviour,
    options = REGISTERED,
    rest: Partial<CallBenchOptions> = {},
  ): Promise<CallBench> {
    const definition = sipRegister as ProbeDefinition
    const bench = await createCallBench({ definition, server: { transport: 'udp' }, options, ...rest })
    bench.server.behave(behaviour)
    this.#benches.push(bench)
    return bench
  }

  async registrar(
    given: RegistrarOptions & { digest?: DigestOptions } = { digest: {} },
    options = REGISTERED,
    rest: Partial<CallBenchOptions> = {},
  ): Promise<CallBench & { readonly registrar: Registrar }> {
    const made = new Registrar(given)
    return { ...(await this.against(made, options, rest)), registrar: made }
  }

  async close(): Promise<void> {
    for (const bench of this.#benches.splice(0)) await bench.close()
  }
}
