import type { TargetId } from './brand.ts'
import type { Mode } from './decision.ts'
import type { Status } from './verdict.ts'

/** What is told to hooks, to `/v1/events` and to the history. Stable: other people's programs go by these words. */
export const EVENT_TYPES = [
  'verdict.changed',
  'decision.changed',
  'zone.changed',
  'sight.lost',
  'sight.regained',
  'hook.ran',
  'hook.failed',
] as const
export type EventType = (typeof EVENT_TYPES)[number] | 'hook.test'

/** One target that gets traffic. */
export interface ServedTarget {
  readonly target: TargetId
  /** Its own name within its pool. */
  readonly name: string
  readonly addresses: readonly string[]
}

/** The verdict on one target is no longer what it was. */
export interface VerdictChanged {
  readonly type: 'verdict.changed'
  readonly pool: string
  readonly target: TargetId
  /** Effective: after overrides. */
  readonly from: Status
  readonly to: Status
  /** As measured. */
  readonly real: Status
  readonly why: readonly string[]
}

/** Who serves, or the mode, is no longer what it was. */
export interface DecisionChanged {
  readonly type: 'decision.changed'
  readonly pool: string
  /** The probes that it came from, joined by `+`. */
  readonly view: string
  /** It goes by all probes of the pool; others are of answers that depend on a subset. */
  readonly whole: boolean
  readonly mode: Mode
  readonly active: readonly ServedTarget[]
  /** What was before; absent: the decision is told for the first time, after a start. */
  readonly before?: { readonly mode: Mode; readonly active: readonly ServedTarget[] }
  readonly why: readonly string[]
}

export interface ZoneChanged {
  readonly type: 'zone.changed'
  readonly zone: string
  readonly serial: number
}

/** Nothing answers any more, or something does again. */
export interface SightChanged {
  readonly type: 'sight.lost' | 'sight.regained'
  readonly watched: number
}

/** What came of a hook. */
export interface HookReport {
  readonly type: 'hook.ran' | 'hook.failed'
  readonly hook: string
  readonly kind: string
  /** The event that it acted on. */
  readonly of: string
  readonly pool?: string
  /** In plain words, safe to log. */
  readonly detail: string
  readonly attempts: number
  readonly tookMs: number
  readonly dryRun: boolean
}

/** Made by `sipvane hook test`. */
export interface HookTest {
  readonly type: 'hook.test'
  readonly hook: string
}

export type EventFacts = VerdictChanged | DecisionChanged | ZoneChanged | SightChanged | HookReport | HookTest

/** When and where it was. */
export interface EventStamp {
  /** Unique over restarts: the process's start and a running number, `<start>-<number>`. */
  readonly id: string
  readonly atMs: number
  readonly node: string
}

/** Plain JSON: it is kept on disk and sent as it is. */
export type SipvaneEvent = EventFacts & EventStamp

/** Takes a fact over; returns at once and never throws. */
export type Tell = (facts: EventFacts) => void

/** The pool that an event is about, where it is about one. */
export function poolOf(event: EventFacts): string | undefined {
  return 'pool' in event ? event.pool : undefined
}
