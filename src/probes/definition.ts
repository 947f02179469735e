import type { z } from 'zod'
import type { TargetId } from '../core/brand.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Target } from '../core/target.ts'
import type { Plane } from '../core/verdict.ts'
import type { SipTransports } from './transport/sip-transports.ts'

/** One step of a question, for `sipvane probe`; `text` is the message as it was on the wire, made printable. */
export interface TraceStep {
  readonly direction: 'sent' | 'received' | 'note'
  readonly text: string
}

export interface AskContext {
  /** The whole question's budget, retransmissions included, in milliseconds. */
  readonly timeoutMs: number
  /** From a datagram to its retransmission, in milliseconds, as the path has shown. Absent: half of the budget. */
  readonly retransmitMs?: number
  readonly signal?: AbortSignal
  /** Asked before each retransmission: false where the target's share of requests a second is used up, then none is sent. */
  readonly mayRetransmit?: () => boolean
  /**
   * Told of each further request that had to leave, whatever the share: the answer to a challenge, ACK, BYE, CANCEL.
   * The first request of a question and those that `mayRetransmit` let through are not told again.
   */
  readonly onSend?: () => void
  /**
   * Told of each further answer to a request that was sent again and had its answer: a transmission taken for lost was not, the answer was
   * slow. May come before the outcome or up to a second after it. `sentMs`: epoch milliseconds of its first transmission. Whether that
   * undoes what the outcome says is told by `Prober.tellsSpurious`.
   */
  readonly onSpurious?: (sentMs: number) => void
  readonly trace?: (step: TraceStep) => void
}

/** Asks one address of a target one question. */
export interface Prober {
  /** Requests that one question sends to the target when nothing is lost. Absent: 1; 0 where it asks nobody. */
  readonly requests?: number
  /**
   * Round trips that a question takes at most when nothing is lost, a new connection included, where `rttMs` of its outcomes is one of
   * them: then its budget can be told from the path. Absent: it cannot.
   */
  readonly roundTrips?: number | undefined
  /** `onSpurious` speaks of the very transmissions that its outcomes count in `attempts`. Absent: it is not to be believed. */
  readonly tellsSpurious?: true
  /** Rejects with a `SipvaneError` where this kind cannot work on this system at all; called once, before the first question. */
  start(): Promise<void>
  /** Never rejects for a fact of the network: that is an outcome. Leaves no timer behind. */
  ask(target: Target, address: string, context: AskContext): Promise<Outcome>
  close(): Promise<void>
}

/** What somebody else found out about a target and told us. */
export interface Report {
  readonly outcome: Outcome
  /** When it came in, by the clock of `ProbeDeps`. */
  readonly atMs: number
  /** How long it is worth something, as the reporter says. */
  readonly expiresInMs?: number
}

/** Pushed reports, the newest for each target and probe. */
export interface ReportBoard {
  latest(target: TargetId, probe: string): Report | undefined
}

export interface ProbeDeps {
  /** The probe's name in the configuration. */
  readonly probe: string
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Shared by all probes of a process: sockets are kept per endpoint, not per question. */
  readonly sip: SipTransports
  readonly reports: ReportBoard
  /**
   * Another configured probe, ready to ask; for kinds that have `members`. Ask for it anew at each question: a reload may
   * have put another in its place. Throws for a name that is no member of a running configuration.
   */
  readonly prober: (name: string) => Prober
}

/** One kind of probe: one file, one line in `registry.ts`, one test; the contract suite picks it up. */
export interface ProbeDefinition<Options = unknown> {
  readonly kind: string
  /** What it proves and what it costs the server, in a sentence or two. */
  readonly summary: string
  /** What it proves, unless the configuration says otherwise. Absent: control. */
  readonly plane?: Plane
  /** The keys of this kind beside those every probe has. */
  readonly options: z.ZodType<Options>
  /** Where the configuration gives none, for kinds whose question takes long or costs the server much. Milliseconds. */
  readonly defaults?: { readonly intervalMs: number; readonly timeoutMs: number }
  /** Options that name a file: relative ones lie beside the configuration. */
  readonly files?: readonly string[]
  /** Names of the probes that this one asks in its turn; they work without being in a pool's list. */
  readonly members?: (options: Options) => readonly string[]
  create(options: Options, deps: ProbeDeps): Prober
}

export function defineProbe<Options>(definition: ProbeDefinition<Options>): ProbeDefinition<Options> {
  return definition
}
