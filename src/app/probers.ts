import { isDeepStrictEqual } from 'node:util'
import { SipvaneError } from '../core/errors.ts'
import type { ProbeSettings, Settings } from '../core/settings.ts'
import type { ProbeDeps, Prober } from '../probes/definition.ts'
import { probeDefinitions, withMembers } from '../probes/registry.ts'
import { requireInterfaces } from '../probes/source/interface.ts'
import { configuredProber, memberProber } from './configured-prober.ts'

interface Held {
  readonly settings: ProbeSettings
  readonly prober: Prober
}

/** What probes are given that does not depend on which one it is. */
export type ProbersDeps = Omit<ProbeDeps, 'probe' | 'prober'>

/**
 * One prober for each configured probe that some pool uses, or a probe of it asks in its turn; a reload keeps those whose settings did not
 * change.
 */
export class Probers {
  readonly #deps: ProbersDeps
  #held: ReadonlyMap<string, Held> = new Map()
  /** Those of the configuration before, until they are let go: a question of it may still ask its members. */
  #leaving: ReadonlyMap<string, Held> = new Map()

  constructor(deps: ProbersDeps) {
    this.#deps = deps
  }

  get(probe: string): Prober {
    return this.#heldOf(probe).prober
  }

  /**
   * Makes ready what the configuration asks for, all of it or nothing: rejects with the `SipvaneError` of the first kind that cannot work
   * here, and then the probers are as they were. The returned function closes those that are no longer needed.
   */
  async adopt(settings: Settings): Promise<() => Promise<void>> {
    const used = withMembers(
      [...settings.pools.values()].flatMap((pool) => pool.probes),
      settings.probes,
    )
    requireInterfaces([
      ...[...settings.pools.values()].flatMap(({ targets }) => targets.map(({ source }) => source)),
      ...[...used].map((name) => settings.probes.get(name)?.source),
    ])
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
    this.#leaving = old
    return async () => {
      this.#leaving = new Map()
      const unused = [...old].filter(([name, held]) => next.get(name) !== held)
      await Promise.all(unused.map(([, held]) => held.prober.close()))
    }
  }

  async close(): Promise<void> {
    const held = [...this.#held.values()]
    this.#held = new Map()
    await Promise.all(held.map(({ prober }) => prober.close()))
  }

  #heldOf(probe: string): Held {
    const held = this.#held.get(probe) ?? this.#leaving.get(probe)
    if (held === undefined) throw new Error(`no prober for ${probe}`)
    return held
  }

  #create(probe: ProbeSettings): Prober {
    const definition = probeDefinitions.get(probe.kind)
    if (definition === undefined)
      throw new SipvaneError('unknown-probe-kind', `there is no probe of type ${probe.kind}`)
    const prober = definition.create(probe.options, {
      ...this.#deps,
      probe: probe.name,
      prober: (name) => {
        const held = this.#heldOf(name)
        return memberProber(held.prober, held.settings.timeoutMs)
      },
    })
    return configuredProber(prober, probe, this.#deps.clock)
  }
}
