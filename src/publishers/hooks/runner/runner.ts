import { poolOf, type SipvaneEvent } from '../../../core/event.ts'
import type { HookSettings } from '../../../core/settings.ts'
import { type Hook, type HookDefinition, mannerOf } from '../definition.ts'
import { type Job, Lane, type LaneDeps } from './lane.ts'
import type { HookTally } from './tally.ts'

export interface LoadedHook {
  readonly settings: HookSettings
  readonly definition: HookDefinition
  readonly hook: Hook
}

/** A hook as it stands. */
export interface HookReport extends Readonly<HookTally> {
  readonly kind: string
  /** Events that wait for it. */
  readonly waiting: number
  readonly running: boolean
}

/** Hands each event to the hooks that want it, each in a lane of its own. */
export class HookRunner {
  readonly #hooks: readonly LoadedHook[]
  readonly #lanes = new Map<string, Lane>()

  /**
   * Takes the place of `former`, which is to be closed then. A hook that is the same object in both goes on with what it does; another one
   * of the same name gets anew what its forerunner was not done with, before anything later.
   */
  constructor(hooks: readonly LoadedHook[], deps: LaneDeps, former?: HookRunner) {
    this.#hooks = hooks
    for (const loaded of hooks) {
      const { settings, definition, hook } = loaded
      const { name } = settings
      const before = former === undefined ? undefined : former.#lanes.get(name)
      if (former !== undefined && before !== undefined && former.#hooks.includes(loaded)) {
        former.#lanes.delete(name)
        this.#lanes.set(name, before)
        continue
      }
      const secrets = definition.secrets(settings.options)
      const { takes } = mannerOf(definition, settings.options)
      const lane = new Lane(settings, { takes, secrets }, hook, deps)
      this.#lanes.set(name, lane)
      for (const job of before?.release() ?? []) {
        if (wants(settings, job.event)) lane.push(job)
        else job.done()
      }
    }
  }

  /** Returns at once and never throws. `may`: of the hooks that want it, those that get it. */
  take(event: SipvaneEvent, may: (hook: LoadedHook) => boolean = () => true): void {
    const wanting = this.#hooks.filter((hook) => wants(hook.settings, event) && may(hook))
    const ends = new Map(wanting.map(({ settings }) => [settings.name, ending()]))
    for (const { settings } of wanting) {
      const first = settings.after.flatMap((name) => ends.get(name)?.promise ?? [])
      const job: Job = { event, ready: Promise.all(first), done: () => ends.get(settings.name)?.resolve() }
      this.#lanes.get(settings.name)?.push(job)
    }
  }

  report(): Readonly<Record<string, HookReport>> {
    const reports = this.#hooks.flatMap(({ settings: { name, kind } }) => {
      const lane = this.#lanes.get(name)
      if (lane === undefined) return []
      const { tally, waiting, running } = lane
      return [[name, { ...tally, kind, waiting, running, runs: { ...tally.runs } }] as const]
    })
    return Object.fromEntries(reports)
  }

  /** Stops what is under way; resolves when all of it has ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
  }
}

/**
 * | event                         | wanted by                                                     |
 * |-------------------------------|---------------------------------------------------------------|
 * | of a type not in `on`         | nobody                                                        |
 * | a decision by a subset of the probes | nobody: hooks go by what the whole pool says           |
 * | a hook's report               | other hooks than the one that it is about                     |
 * | of a pool                     | hooks of that pool, or of every pool                          |
 * | of no pool                    | hooks of every pool                                           |
 */
function wants(settings: HookSettings, event: SipvaneEvent): boolean {
  if (event.type === 'hook.test' || !settings.on.includes(event.type)) return false
  if (event.type === 'decision.changed' && !event.whole) return false
  if ('hook' in event && event.hook === settings.name) return false
  const pool = poolOf(event)
  return settings.pools.length === 0 || (pool !== undefined && settings.pools.includes(pool))
}

function ending(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
