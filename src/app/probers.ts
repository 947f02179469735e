import { isDeepStrictEqual } from 'node:util'
import { SipvaneError } from '../core/errors.ts'
import type { ProbeSettings, Settings } from '../core/settings.ts'
import type { ProbeDeps, Prober } from '../probes/definition.ts'
import { probeDefinitions } from '../probes/registry.ts'

interface Held {
  readonly settings: ProbeSettings
  readonly prober: Prober
}

/** One prober for each configured probe that some pool uses; a reload keeps those whose settings did not change. */
export class Probers {
  readonly #deps: ProbeDeps
  #held: ReadonlyMap<string, Held> = new Map()

  constructor(deps: ProbeDeps) {
    this.#deps = deps
  }

  get(probe: string): Prober {
    const held = this.#held.get(probe)
    if (held === undefined) throw new Error(`no prober for ${probe}`)
    return held.prober
  }

  /**
   * Makes ready what the configuration asks for, all of it or nothing: rejects with the `SipvaneError` of the first kind that cannot work here,
   * and then the probers are as they were. The returned function closes those that are no longer needed.
   */
  async adopt(settings: Settings): Promise<() => Promise<void>> {
    const used = new Set([...settings.pools.values()].flatMap((pool) => pool.probes))
    const next = new Map<string, Held>()
    const fresh: Prober[] = []
    try {
      for (const name of used) {
        const probe = settings.probes.get(name)
        if (probe === undefined) throw new Error(`unknown probe ${name}`)
        const held = this.#held.get(name)
        if (held !== undefined && isDeepStrictEqual(held.settings, probe)) {
          next.set(name, held)
          continue
        }
        const prober = this.#create(probe)
        fresh.push(prober)
        await prober.start()
        next.set(name, { settings: probe, prober })
      }
    } catch (error) {
      await Promise.all(fresh.map((prober) => prober.close()))
      throw error
    }
    const old = this.#held
    this.#held = next
    return async () => {
      const unused = [...old].filter(([name, held]) => next.get(name) !== held)
      await Promise.all(unused.map(([, held]) => held.prober.close()))
    }
  }

  async close(): Promise<void> {
    const held = [...this.#held.values()]
    this.#held = new Map()
    await Promise.all(held.map(({ prober }) => prober.close()))
  }

  #create(probe: ProbeSettings): Prober {
    const definition = probeDefinitions.get(probe.kind)
    if (definition === undefined)
      throw new SipvaneError('unknown-probe-kind', `there is no probe of type ${probe.kind}`)
    return definition.create(probe.options, this.#deps)
  }
}
