import { isDeepStrictEqual } from 'node:util'
import type { DecisionChanged, SipvaneEvent, Tell } from '../core/event.ts'
import type { Clock, Logger, Random, Timers } from '../core/ports.ts'
import type { HookSettings, Settings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import { type Hook, type HookDefinition, mannerOf } from '../publishers/hooks/definition.ts'
import { hookDefinitions } from '../publishers/hooks/registry.ts'
import { type HookReport, HookRunner, type LoadedHook } from '../publishers/hooks/runner/runner.ts'
import { emptyTally, type HookTally } from '../publishers/hooks/runner/tally.ts'

export interface HooksDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly tell: Tell
}

interface Running {
  readonly settings: HookSettings
  readonly targets: readonly Target[]
  readonly node: string
  readonly loaded: LoadedHook
}

/**
 * The hooks of an instance. Those that keep the world as a decision says hold still until `release`: what is not known counts as up,
 * and acting on that would move traffic to a dead server. Then they are given what was decided meanwhile.
 */
export class Hooks {
  readonly #deps: HooksDeps
  #runner: HookRunner | undefined
  /** The newest whole decision of each pool. */
  readonly #decisions = new Map<string, SipvaneEvent>()
  /** By hook; a change of the configuration begins no count anew. */
  readonly #tallies = new Map<string, HookTally>()
  #configured: readonly Running[] = []
  #released = false

  constructor(deps: HooksDeps) {
    this.#deps = deps
  }

  /**
   * Takes a configuration over. A hook that it does not change goes on; one that it does is made anew and given again what it was at and
   * what waited for it: a reload, or an address that was found anew, must not make a failover forgotten. Opens nothing by itself.
   */
  async adopt(settings: Settings): Promise<void> {
    const { node } = settings
    const configured = [...(settings.hooks?.values() ?? [])].map((hook) => {
      const targets = targetsOf(hook, settings)
      const same = this.#configured.find((one) =>
        isDeepStrictEqual([one.settings, one.targets, one.node], [hook, targets, node]),
      )
      return same ?? { settings: hook, targets, node, loaded: openHook(hook, targets, node, this.#deps) }
    })
    for (const pool of this.#decisions.keys()) if (!settings.pools.has(pool)) this.#decisions.delete(pool)
    const before = this.#configured
    if (configured.length === before.length && configured.every((one, index) => one === before[index])) return
    const former = this.#runner
    this.#configured = configured
    this.#runner =
      configured.length === 0
        ? undefined
        : new HookRunner(
            configured.map(({ loaded }) => loaded),
            { ...this.#deps, tallyOf: (hook) => this.#tallyOf(hook) },
            former,
          )
    await former?.close()
    if (!this.#released) return
    const fresh = new Set(configured.filter((one) => !before.includes(one)).map(({ loaded }) => loaded))
    this.#ensure((hook) => fresh.has(hook))
  }

  /** Returns at once and never throws. */
  take(event: SipvaneEvent): void {
    if (event.type === 'decision.changed' && event.whole) this.#decisions.set(event.pool, event)
    this.#runner?.take(event, (hook) => this.#released || !ensures(hook))
  }

  /**
   * The first verdicts are in: decisions are worth acting on. `current`: what each pool serves, for those where nothing has changed yet.
   */
  release(current: readonly (SipvaneEvent & DecisionChanged)[]): void {
    this.#released = true
    for (const event of current) if (!this.#decisions.has(event.pool)) this.#decisions.set(event.pool, event)
    this.#ensure()
  }

  report(): Readonly<Record<string, HookReport>> {
    return this.#runner?.report() ?? {}
  }

  #tallyOf(hook: string): HookTally {
    const tally = this.#tallies.get(hook) ?? emptyTally()
    this.#tallies.set(hook, tally)
    return tally
  }

  async close(): Promise<void> {
    await this.#runner?.close()
    this.#runner = undefined
  }

  /** `which`: the others have been given it. */
  #ensure(which: (hook: LoadedHook) => boolean = () => true): void {
    for (const event of this.#decisions.values())
      this.#runner?.take(event, (hook) => ensures(hook) && which(hook))
  }
}

function ensures({ definition, settings }: LoadedHook): boolean {
  return mannerOf(definition, settings.options).atStart === 'ensure'
}

/** A hook by its settings; nothing is opened yet. */
export function openHook(
  settings: HookSettings,
  targets: readonly Target[],
  node: string,
  deps: Omit<HooksDeps, 'tell' | 'random'>,
): LoadedHook {
  const definition = definitionOf(settings)
  const { clock, timers, logger } = deps
  const hook: Hook = definition.create(settings.options, {
    name: settings.name,
    node,
    clock,
    timers,
    logger,
    targets,
  })
  return { settings, definition, hook }
}

function definitionOf({ kind }: HookSettings): HookDefinition {
  const definition = hookDefinitions.get(kind)
  if (definition === undefined) throw new Error(`unknown kind of hook ${kind}`)
  return definition
}

/** The targets of the hook's pools; of all pools where it names none. */
export function targetsOf(hook: HookSettings, { pools }: Pick<Settings, 'pools'>): Target[] {
  const names = hook.pools.length === 0 ? [...pools.keys()] : hook.pools
  return names.flatMap((name) => pools.get(name)?.targets ?? [])
}
