import type { z } from 'zod'
import type { Outcome } from '../core/outcome.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Target } from '../core/target.ts'
import type { SipTransports } from './transport/sip-transports.ts'

/** One step of a question, for `sipvane probe`; `text` is the message as it was on the wire, made printable. */
export interface TraceStep {
  readonly direction: 'sent' | 'received' | 'note'
  readonly text: string
}

export interface AskContext {
  /** The whole question's budget, retransmissions included, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Asked before each retransmission: false where the target's share of requests a second is used up, then none is sent. */
  readonly mayRetransmit?: () => boolean
  readonly trace?: (step: TraceStep) => void
}

/** Asks one address of a target one question. */
export interface Prober {
  /** Rejects with a `SipvaneError` where this kind cannot work on this system at all; called once, before the first question. */
  start(): Promise<void>
  /** Never rejects for a fact of the network: that is an outcome. Leaves no timer behind. */
  ask(target: Target, address: string, context: AskContext): Promise<Outcome>
  close(): Promise<void>
}

export interface ProbeDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Shared by all probes of a process: sockets are kept per endpoint, not per question. */
  readonly sip: SipTransports
}

/** One kind of probe: one file, one line in `registry.ts`, one test; the contract suite picks it up. */
export interface ProbeDefinition<Options = unknown> {
  readonly kind: string
  /** What it proves and what it costs the server, in a sentence or two. */
  readonly summary: string
  /** The keys of this kind beside those every probe has. */
  readonly options: z.ZodType<Options>
  /** Options that name a file: relative ones lie beside the configuration. */
  readonly files?: readonly string[]
  create(options: Options, deps: ProbeDeps): Prober
}

export function defineProbe<Options>(definition: ProbeDefinition<Options>): ProbeDefinition<Options> {
  return definition
}
