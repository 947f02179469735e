import type { TargetId } from './brand.ts'

/** `drain`: alive, and not to be sent anything new, by its own word (503 with Retry-After) or by an operator's. */
export type Status = 'up' | 'degraded' | 'drain' | 'down' | 'unknown'

/** What a probe proves: that signalling works, or that media flows. */
export const PLANES = ['control', 'media'] as const
export type Plane = (typeof PLANES)[number]

/** An operator's word, kept as data beside what was measured. */
export interface Override {
  readonly kind: 'up' | 'down' | 'drain'
  /** Epoch milliseconds; absent: until withdrawn. */
  readonly untilMs?: number
  readonly reason?: string
  readonly author?: string
}

export interface AddressVerdict {
  readonly address: string
  readonly status: Status
}

/** What is thought of one target, from all the probes that an answer depends on. */
export interface Verdict {
  readonly target: TargetId
  /** As measured. */
  readonly real: Status
  /** After the override; what policy goes by. */
  readonly effective: Status
  readonly override?: Override
  /** Each family is judged by itself: a dead AAAA leaves without its A. */
  readonly addresses: readonly AddressVerdict[]
  /** Each plane by itself, whatever its weight in the pool; only those that some probe asks about. */
  readonly planes: Readonly<Partial<Record<Plane, Status>>>
  /** Epoch milliseconds since `real` is what it is. */
  readonly sinceMs: number
  /** A run of fails has begun that has not (yet) moved the verdict, or a run of passes toward a return. */
  readonly suspect: boolean
  /** Every down address of this target is down by silence alone: its death and our blindness look the same. */
  readonly silent: boolean
  /** Answers stopped on every SIP transport at once while the host still answers otherwise: this monitor may have been banned. */
  readonly probableBan?: true
  /** In plain words, most telling first. */
  readonly why: readonly string[]
}
