import type { ChannelPhase } from './channel.ts'
import type { SocketFault } from './errno-reasons.ts'

/** A deadline that fires later than this means that our own event loop stood still, and with it our ears. */
const LATE_TOLERANCE_MS = 250

export interface SilenceFacts {
  /** How late our own deadline fired. */
  readonly lateMs: number
  /** Why an answer that carried our branch could not be read. */
  readonly broken?: string | undefined
  /** A fault of one way, while another went on. */
  readonly fault?: SocketFault | undefined
  readonly provisional?: number | undefined
  /** Of the ways still waited on. */
  readonly phases: readonly ChannelPhase[]
  /** Messages that were not the answer. */
  readonly strays: number
}

/**
 * What it means that no final answer came in time; the first that holds.
 *
 * | fact                                   | reason           |
 * |----------------------------------------|------------------|
 * | our deadline fired late                | event-loop-late  |
 * | a broken answer came                   | bad-reply        |
 * | another way to it failed               | that way's       |
 * | 1xx came                               | provisional-only |
 * | the request left over an open channel  | timeout          |
 * | TLS still shaking hands, or connecting | timeout          |
 */
export function silenceFault(facts: SilenceFacts): SocketFault {
  if (facts.lateMs > LATE_TOLERANCE_MS) {
    return { reason: 'event-loop-late', detail: `our own timer was ${Math.round(facts.lateMs)} ms late` }
  }
  if (facts.broken !== undefined) return brokenFault(facts.broken)
  if (facts.fault !== undefined) return facts.fault
  if (facts.provisional !== undefined) {
    return { reason: 'provisional-only', detail: `${facts.provisional}, then no final answer` }
  }
  if (facts.phases.includes('open')) {
    const strays = facts.strays === 0 ? '' : `; ignored ${facts.strays} that were not answers to it`
    return { reason: 'timeout', detail: `no answer${strays}` }
  }
  if (facts.phases.includes('upgrading')) {
    return { reason: 'timeout', detail: 'connected, but the WebSocket handshake did not end' }
  }
  return facts.phases.includes('handshaking')
    ? { reason: 'timeout', detail: 'connected, but the TLS handshake did not end' }
    : { reason: 'timeout', detail: 'no connection' }
}

export function brokenFault(why: string): SocketFault {
  return { reason: 'bad-reply', detail: `the answer is malformed (${why})` }
}
