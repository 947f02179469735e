import type { ReasonCode } from '../../core/outcome.ts'
import { printable } from '../../wire/sip/printable.ts'

/** What one run of marked packets brought. Times in milliseconds. */
export interface EchoTally {
  readonly sent: number
  /** RTP packets from the answered address, echoes or not. */
  readonly heard: number
  /** By the sequence numbers of what was heard (RFC 3550 appendix A.3): the way back. */
  readonly streamLost: number
  readonly streamExpected: number
  /** Of ours, those that came back, each counted once. */
  readonly echoed: number
  readonly echoesExpected: number
  /** RFC 3550 section 6.4.1; of the echoes where there are any, which leaves our own timer out of it. */
  readonly jitterMs: number
  /** Median; absent where nothing of ours came back. */
  readonly roundTripMs?: number
  /** ICMP: nobody takes packets at the answered port. */
  readonly refused: boolean
  /** How late our own timer was at worst. */
  readonly worstLateMs: number
  /** Why nothing could be sent at all. */
  readonly unsendable?: string
}

export interface MediaThresholds {
  /** Percent. */
  readonly maxLoss: number
  readonly maxJitterMs: number
  readonly maxRttMs: number
}

export interface MediaJudgement {
  readonly reason: ReasonCode
  readonly detail: string
  readonly impaired?: string
}

/** Beyond this our own timer, not the network, made the figures. */
const LATE_TOLERANCE_MS = 250

/**
 * What the figures mean; the first row that holds. Bad quality degrades and never kills: a call with noise is better than none.
 *
 * | heard | echoes of ours | above a threshold | our timer late | judged |
 * |-------|----------------|-------------------|----------------|--------|
 * | none  | -              | -                 | yes            | event-loop-late |
 * | none  | -              | -                 | no             | media-dead: signalling works, media does not |
 * | some  | none           | -                 | -              | ok, impaired: audio one way only, or no echo there |
 * | some  | some           | yes               | yes            | event-loop-late |
 * | some  | some           | yes               | no             | ok, impaired, with what is above |
 * | some  | some           | no                | -              | ok |
 */
export function judgeMedia(tally: EchoTally, thresholds: MediaThresholds): MediaJudgement {
  const figures = describe(tally)
  const late = tally.worstLateMs > LATE_TOLERANCE_MS
  const tooLate: MediaJudgement = {
    reason: 'event-loop-late',
    detail: `our own timer was ${Math.round(tally.worstLateMs)} ms late; ${figures}`,
  }
  if (tally.unsendable !== undefined) {
    return {
      reason: 'media-dead',
      detail: printable(`the answered address takes no media: ${tally.unsendable}`),
    }
  }
  if (tally.heard === 0) {
    if (late) return tooLate
    const closed = tally.refused ? ': nothing listens on the answered port' : ''
    return { reason: 'media-dead', detail: `no media came back${closed}; ${figures}` }
  }
  if (tally.echoed === 0) {
    return {
      reason: 'ok',
      detail: figures,
      impaired: 'audio comes, but none of ours: one way only, or no echo there',
    }
  }
  const above = faultsOf(tally, thresholds)
  if (above.length === 0) return { reason: 'ok', detail: figures }
  return late ? tooLate : { reason: 'ok', detail: figures, impaired: above.join(', ') }
}

/** Percent lost: of the way back by sequence numbers, or there and back by echoes, whichever shows more. */
export function lossOf(tally: EchoTally): number {
  const back = tally.streamExpected === 0 ? 0 : tally.streamLost / tally.streamExpected
  const both =
    tally.echoed === 0 || tally.echoesExpected === 0
      ? 0
      : Math.max(0, tally.echoesExpected - tally.echoed) / tally.echoesExpected
  return 100 * Math.max(back, both)
}

function faultsOf(tally: EchoTally, { maxLoss, maxJitterMs, maxRttMs }: MediaThresholds): string[] {
  const loss = lossOf(tally)
  const found: string[] = []
  if (loss > maxLoss) found.push(`loss ${loss.toFixed(1)} % above ${maxLoss} %`)
  if (tally.jitterMs > maxJitterMs)
    found.push(`jitter ${tally.jitterMs.toFixed(1)} ms above ${maxJitterMs} ms`)
  if ((tally.roundTripMs ?? 0) > maxRttMs) {
    found.push(`round trip ${(tally.roundTripMs ?? 0).toFixed(0)} ms above ${maxRttMs} ms`)
  }
  return found
}

function describe(tally: EchoTally): string {
  const facts = [`${tally.sent} packets sent, ${tally.heard} heard, ${tally.echoed} of ours`]
  if (tally.heard > 0) {
    facts.push(`loss ${lossOf(tally).toFixed(1)} %`, `jitter ${tally.jitterMs.toFixed(1)} ms`)
  }
  if (tally.roundTripMs !== undefined) facts.push(`round trip ${tally.roundTripMs.toFixed(1)} ms`)
  return facts.join(', ')
}
