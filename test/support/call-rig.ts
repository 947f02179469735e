import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { type CallBench, type CallBenchOptions, createCallBench } from './call-bench.ts'
import type { Behaviour } from './sip-behaviours.ts'
import { PROBE_PASSWORD, PROBE_USER } from './sip-digest.ts'
import { createExtension, type Extension, type ExtensionOptions } from './sip-extension.ts'

type Options = Readonly<Record<string, unknown>>

/** Options of a call without and with an account that the lab's extension knows. */
export const WHOM: Options = { extension: '600' }
export const ACCOUNT: Options = { ...WHOM, user: PROBE_USER, password: PROBE_PASSWORD }

/** Benches and extensions of one test, closed together. */
export class CallRig {
  readonly #definition: ProbeDefinition
  readonly #cleanups: (() => Promise<void>)[] = []

  constructor(definition: ProbeDefinition) {
    this.#definition = definition
  }

  async against(
    behaviour: Behaviour,
    options = WHOM,
    rest: Partial<CallBenchOptions> = {},
  ): Promise<CallBench> {
    const bench = await createCallBench({
      definition: this.#definition,
      server: { transport: 'udp' },
      options,
      ...rest,
    })
    bench.server.behave(behaviour)
    this.#cleanups.push(() => bench.close())
    return bench
  }

  async extension(
    given: ExtensionOptions = {},
    options = WHOM,
    rest: Partial<CallBenchOptions> = {},
  ): Promise<CallBench & { readonly extension: Extension }> {
    const made = await this.bare(given)
    return { ...(await this.against(made, options, rest)), extension: made }
  }

  /** An extension without a server before it. */
  async bare(given: ExtensionOptions = {}): Promise<Extension> {
    const made = await createExtension(given)
    this.#cleanups.push(() => made.close())
    return made
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup()
  }
}
