import { messageOf } from '../core/errors.ts'
import type { EventFacts, SipvaneEvent } from '../core/event.ts'
import type { Clock, Logger } from '../core/ports.ts'

/** Events that are kept in memory, for whoever asks what was. */
export const RECENT_MAX = 1_000

export interface EventLogDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly node: string
  /** Runs soon, once what is being decided now is published. */
  readonly defer: (deliver: () => void) => void
}

/** What admin and hooks may ask of the events of an instance. */
export interface EventSource {
  /** The last `limit` events, oldest first; with `after` those behind the event of that id, or all where it is not known (any more). */
  recent(limit?: number, after?: string): readonly SipvaneEvent[]
  /** Told of each event from now on, in order; must not block. Returns the way out. */
  subscribe(listener: (event: SipvaneEvent) => void): () => void
}

/**
 * The events of an instance: stamped, kept, and handed on after the decision that they tell of was published. Nobody who listens can
 * delay or break what is told.
 */
export class EventLog implements EventSource {
  readonly #deps: EventLogDeps
  readonly #start: string
  readonly #listeners = new Set<(event: SipvaneEvent) => void>()
  #recent: SipvaneEvent[] = []
  #undelivered: SipvaneEvent[] = []
  #count = 0

  constructor(deps: EventLogDeps) {
    this.#deps = deps
    this.#start = Math.floor(deps.clock.nowMs()).toString(36)
  }

  /** Puts what is known of earlier runs, oldest first, before what this one has seen. */
  recall(before: readonly SipvaneEvent[]): void {
    this.#recent = [...before, ...this.#recent].slice(-RECENT_MAX)
  }

  /** An event that is told to nobody yet. */
  stamp(facts: EventFacts): SipvaneEvent {
    const { clock, node } = this.#deps
    return { id: `${this.#start}-${++this.#count}`, atMs: Math.round(clock.nowMs()), node, ...facts }
  }

  readonly tell = (facts: EventFacts): void => {
    const event = this.stamp(facts)
    this.#recent.push(event)
    // Cut by halves: one copy for many events.
    if (this.#recent.length >= 2 * RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX)
    this.#undelivered.push(event)
    if (this.#undelivered.length === 1) this.#deps.defer(() => this.#deliver())
  }

  recent(limit = RECENT_MAX, after?: string): readonly SipvaneEvent[] {
    const kept = this.#recent.slice(-RECENT_MAX)
    const known = after === undefined ? -1 : kept.findIndex(({ id }) => id === after)
    return kept.slice(known + 1).slice(-Math.max(1, limit))
  }

  subscribe(listener: (event: SipvaneEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #deliver(): void {
    const events = this.#undelivered
    this.#undelivered = []
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event)
        } catch (error) {
          const text = `a listener failed at event ${event.id}: ${messageOf(error)}`
          this.#deps.logger.error('event.not-taken', { error, of: event.id }, text)
        }
      }
    }
  }
}
