import { isDeepStrictEqual } from 'node:util'
import { type ScheduledTask, schedule } from 'node-cron'
import type { DomainName } from '../core/brand.ts'
import type { Clock, Logger, Random, Timers } from '../core/ports.ts'
import type { ProviderSettings, Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type {
  CallPace,
  Provider,
  ProviderDefinition,
  ProviderDeps,
} from '../publishers/providers/definition.ts'
import { providerDefinitions } from '../publishers/providers/registry.ts'
import { Pacer } from '../publishers/reconcile/pacer.ts'
import type { UpdaterReport } from '../publishers/reconcile/report.ts'
import { Updater } from '../publishers/reconcile/updater.ts'

export interface UpdatersDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Nothing answers: what is decided now says nothing. */
  readonly blind: () => boolean
  /** Zones with answers of a pool that has no address at all yet: what stands there now is better than what could be said. */
  readonly withheld: () => ReadonlySet<DomainName>
}

interface Running {
  readonly settings: ProviderSettings
  readonly updater: Updater
  readonly resync: ScheduledTask
}

/** How often to look whether the monitor sees anything again. */
const BLIND_MS = 1_000

/** The updaters of an instance: one a provider. They hold still until `release`. */
export class Updaters {
  readonly #deps: UpdatersDeps
  readonly #running = new Map<string, Running>()
  readonly #paces: Paces
  #snapshot: Snapshot | undefined
  #released = false
  /** Zones, as they were last told. */
  #withheld = ''
  #cancel: (() => void) | undefined

  constructor(deps: UpdatersDeps) {
    this.#deps = deps
    this.#paces = new Paces(deps.clock, deps.timers)
  }

  /** Takes a configuration over: what stays the same goes on, what is gone ends. Opens nothing by itself. */
  async adopt({ providers }: Pick<Settings, 'providers'>): Promise<void> {
    for (const [name, running] of this.#running) {
      if (isDeepStrictEqual(providers.get(name), running.settings)) continue
      this.#running.delete(name)
      await end(running)
    }
    for (const settings of providers.values()) {
      if (!this.#running.has(settings.name)) this.#running.set(settings.name, this.#begin(settings))
    }
    this.#hand()
  }

  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot
    this.#hand()
  }

  /** From here on what is published is carried out. `unclear`: watches whose verdict is still not known. */
  release(unclear: number): void {
    if (this.#running.size > 0 && unclear > 0) {
      const text = `${unclear} questions have no clear answer yet; the providers are kept by what is known`
      this.#deps.logger.warn('updater.unclear', { watches: unclear }, text)
    }
    this.#releaseInSight()
  }

  report(): Readonly<Record<string, UpdaterReport & { readonly kind: string }>> {
    const reports = [...this.#running].map(([name, { settings, updater }]) => {
      return [name, { kind: settings.kind, ...updater.report() }] as const
    })
    return Object.fromEntries(reports)
  }

  async close(): Promise<void> {
    this.#cancel?.()
    const all = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(all.map(end))
  }

  /** Where nothing answers and nothing better is remembered, all targets count as up: not a word to overwrite a zone with. */
  #releaseInSight(): void {
    if (this.#deps.blind()) {
      this.#cancel = this.#deps.timers.after(BLIND_MS, () => this.#releaseInSight())
      return
    }
    this.#released = true
    this.#hand()
  }

  #hand(): void {
    // Who is withheld takes a look at every pool: not for each decision of an instance without updaters.
    if (!this.#released || this.#snapshot === undefined || this.#running.size === 0) return
    const withheld = this.#deps.withheld()
    this.#tellWithheld(withheld)
    const { zones } = this.#snapshot
    // A zone that an updater is not given stays there as it is.
    const handed =
      withheld.size === 0 ? zones : new Map([...zones].filter(([origin]) => !withheld.has(origin)))
    for (const { updater } of this.#running.values()) updater.publish({ ...this.#snapshot, zones: handed })
  }

  #tellWithheld(withheld: ReadonlySet<DomainName>): void {
    const zones = [...withheld].join(', ')
    if (zones === this.#withheld) return
    this.#withheld = zones
    if (zones === '') return
    const text = `${zones}: a pool has no address yet; the providers keep these zones as they are until it has`
    this.#deps.logger.warn('updater.withheld', { zones }, text)
  }

  #begin(settings: ProviderSettings): Running {
    const { clock, timers, random, logger } = this.#deps
    const definition = definitionOf(settings)
    const pace = this.#paces.of(settings, definition)
    const provider = openProvider(settings, this.#deps, pace)
    const updater = new Updater(
      provider,
      { ...settings, marks: definition.marks },
      { clock, timers, random, logger, pace },
    )
    return {
      settings,
      updater,
      resync: schedule(settings.resync, () => updater.resync(), { suppressMissedWarning: true }),
    }
  }
}

async function end({ updater, resync }: Running): Promise<void> {
  await resync.destroy()
  await updater.close()
}

/** A provider by its settings; nothing is opened yet. */
export function openProvider(
  settings: ProviderSettings,
  deps: Omit<ProviderDeps, 'pace'>,
  pace: CallPace,
): Provider {
  return definitionOf(settings).create(settings.options, { ...deps, pace })
}

export function definitionOf(settings: ProviderSettings): ProviderDefinition {
  const definition = providerDefinitions.get(settings.kind)
  if (definition === undefined) throw new Error(`unknown provider kind ${settings.kind}`)
  return definition
}

/** A limit on calls is an account's: providers of the same one share its pace. */
export class Paces {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #byAccount = new Map<string, Pacer>()

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock
    this.#timers = timers
  }

  of({ kind, name, options }: ProviderSettings, definition: ProviderDefinition): Pacer {
    const account = `${kind} ${definition.account?.(options) ?? `of ${name}`}`
    const known = this.#byAccount.get(account)
    if (known !== undefined) return known
    const pace = new Pacer(definition.limits(options), this.#clock, this.#timers)
    this.#byAccount.set(account, pace)
    return pace
  }
}
