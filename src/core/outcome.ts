/**
 * Why an outcome is what it is. Stable: tests, logs, metrics and the API carry these words.
 *
 * Hard evidence means that the far end itself said no (a packet came back); silence may as well be the network's or our own fault.
 */
export const REASONS = {
  ok: 'pass',
  'ok-noted': 'pass', // alive, but something about the probe or the server deserves a look (403, 3xx, 400 …)
  timeout: 'silence',
  'provisional-only': 'silence', // 1xx, then nothing: the parser lives, the logic hangs
  unreachable: 'silence', // ICMP host or network unreachable: may come from any router on the way
  refused: 'hard', // ICMP port unreachable or TCP RST on connect
  reset: 'hard', // an open connection was reset
  closed: 'hard', // the far end closed in the middle of the question
  'bad-status': 'hard', // the server answered, and the answer says that calls fail
  overload: 'hard', // 503 with Retry-After: alive, wants no new calls
  'bad-reply': 'hard', // bytes came that are not the protocol
  'tls-handshake': 'hard',
  'tls-certificate': 'hard', // expired, wrong name, unknown issuer
  unexpected: 'hard', // a reply that the configuration does not accept
  // Hard, though it is silence on the media path: signalling on the same host went both ways at that very moment, so neither
  // our blindness nor the network between is the likely fault, and it need not be weighed as loss.
  'media-dead': 'hard', // the call was answered, and no media came
  'check-failed': 'hard', // a check that ran elsewhere (a plugin, a pushed report) says no
  'report-missing': 'silence', // nothing was pushed in time: the reporter is dead, or its way to us
  'no-route': 'ours', // our own side has no route or no such source address
  'no-resources': 'ours', // out of file handles, ports or memory
  'event-loop-late': 'ours',
  'credentials-refused': 'ours', // the server works and does not let our account in
  'no-verdict': 'ours', // a check that ran elsewhere could not tell
  aborted: 'ours',
  internal: 'ours',
} as const satisfies Record<string, 'pass' | 'silence' | 'hard' | 'ours'>

export type ReasonCode = keyof typeof REASONS
export type Evidence = (typeof REASONS)[ReasonCode]
export type OutcomeResult = 'pass' | 'fail' | 'inconclusive'

/** What one of several hosts that were asked the same question at once sent back. */
export interface Sample {
  readonly host: string
  /** Transmissions made; those before the answered one are lost. */
  readonly sent: number
  /** Some packet came back, a refusal as well. */
  readonly answered: boolean
  readonly rttMs?: number
}

/** What one question to one address of one target brought. */
export interface Outcome {
  /** `inconclusive`: our own side broke; never counted against the target. */
  readonly result: OutcomeResult
  readonly reason: ReasonCode
  /** In plain words, safe to log: printable, capped, without secrets. */
  readonly detail?: string
  /** From the transmission that was answered to its answer, in milliseconds. */
  readonly rttMs?: number
  /** Transmissions made, retransmissions included; 0 when none left us. */
  readonly attempts: number
  /** A SIP or HTTP status, where there was one. */
  readonly status?: number
  /** A pass that is worse than the thresholds allow (latency, loss, a certificate about to end), in plain words: degrades, never kills. */
  readonly impaired?: string
  /** From 503's Retry-After (RFC 3261 section 20.33), in milliseconds. */
  readonly retryAfterMs?: number
  /** Where several hosts were asked in the target's place: each one by itself. */
  readonly samples?: readonly Sample[]
}

/** An outcome whose result follows from its reason, as `REASONS` says. */
export function outcome(reason: ReasonCode, rest: Omit<Outcome, 'result' | 'reason'>): Outcome {
  const evidence = REASONS[reason]
  const result = evidence === 'pass' ? 'pass' : evidence === 'ours' ? 'inconclusive' : 'fail'
  return { result, reason, ...rest }
}

export function evidenceOf(o: Outcome): Evidence {
  return REASONS[o.reason]
}
