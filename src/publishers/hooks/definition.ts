/** What a hook is to the runner: one act on one event. Its failures are `HookError`s (`error.ts`). */
import type { z } from 'zod'
import type { EventType, SipvaneEvent } from '../../core/event.ts'
import type { Clock, Logger, Timers } from '../../core/ports.ts'
import type { Target } from '../../core/target.ts'

export interface HookContext {
  /** Aborted at the attempt's end, when a newer event takes its place, and when the process stops. */
  readonly signal: AbortSignal
  /** Look, but change nothing: `step` says what would be done. */
  readonly dryRun: boolean
  /** One step that was taken, in plain words, safe to log: they make the audit line. */
  step(text: string): void
}

/** What `sipvane hook test` found out. */
export interface Finding {
  readonly result: 'pass' | 'warn' | 'fail'
  readonly text: string
}

export interface Hook {
  /**
   * Acts on one event; a second time with the same event does no harm. Resolves when the act is verified. Rejects with a
   * `HookError`; soon after `signal` is aborted.
   */
  run(event: SipvaneEvent, context: HookContext): Promise<void>
  /**
   * Whether it would work, for `sipvane hook test`: changes nothing, except that those who tell people tell them of the test.
   * What is wrong is a finding; rejects with a `HookError` where it cannot even look.
   */
  check(event: SipvaneEvent, context: HookContext): Promise<readonly Finding[]>
}

export interface HookDeps {
  /** Its name in the configuration. */
  readonly name: string
  readonly node: string
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** The targets of its pools. */
  readonly targets: readonly Target[]
}

/** How a hook goes along with events. */
export interface Manner {
  /**
   * `newest`: it makes the world match a decision, so an event that is overtaken by one of the same pool is passed over.
   * `each`: it tells of events, every one of them, in order.
   */
  readonly takes: 'newest' | 'each'
  /** `ensure`: after a start it is given what every pool serves now, and does no harm where the world is so already. Default: nothing. */
  readonly atStart?: 'ensure'
}

/** Most runs at once; from then on one each `perMs / max`. */
export interface Rate {
  readonly max: number
  readonly perMs: number
}

/** Bounds what the quota of an API bears, and what people read. */
export const USUAL_RATE: Rate = { max: 20, perMs: 60_000 }
/** Of hooks on this host that calls wait for: however often a link flaps, its last state is acted on within a second. */
export const PROMPT_RATE: Rate = { max: 10, perMs: 10_000 }

/** One kind of hook: one file, one line in `registry.ts`, one test; the contract suite picks it up. */
export interface HookDefinition<Options = unknown> extends Manner {
  readonly kind: string
  /** One or two sentences: what it does, and what that costs live calls. */
  readonly summary: string
  /** The keys of this kind beside those that every hook has. A strict object. */
  readonly options: z.ZodType<Options>
  /** Where the options have a say: in the place of `takes` and `atStart`. */
  manner?(options: Options): Manner
  /** The events that it knows what to do with; the first ones are the default of `on`. */
  readonly events: readonly EventType[]
  readonly defaultOn: readonly EventType[]
  /** Of one attempt, where the configuration gives none. */
  readonly defaultTimeoutMs: number
  /** Where the configuration gives none. Default `USUAL_RATE`. */
  readonly defaultRate?: Rate
  /** Values that must never be in a log. */
  secrets(options: Options): readonly string[]
  /** What of the options contradicts the hook's pools; each with its key. Pure. */
  faults?(
    options: Options,
    targets: readonly Target[],
  ): readonly { readonly key: string; readonly message: string }[]
  /** Opens nothing yet. An SDK is loaded with the first run. */
  create(options: Options, deps: HookDeps): Hook
}

/** How a hook of this kind goes along with events where it has these options. */
export function mannerOf(definition: HookDefinition, options: unknown): Manner {
  return definition.manner?.(options) ?? definition
}

export function defineHook<Options>(definition: HookDefinition<Options>): HookDefinition<Options> {
  return definition
}
