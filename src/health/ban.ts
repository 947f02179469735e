import type { HealthState } from '../core/health.ts'

/** One question about one address, as far as a ban shows in it. */
export interface BanClue {
  /** The probe's kind. */
  readonly kind: string
  readonly state: HealthState | undefined
}

/** Answers of one host that stop further apart than this did not stop at once. */
const AT_ONCE_MS = 60_000

/**
 * Whether silence looks like a ban of this monitor (fail2ban, Kamailio's pike, an access list) rather than like death. It is a guess: the
 * verdict stays what it is, and says so, since only another vantage point could tell.
 *
 * | SIP questions            | tcp to the host | icmp, stun, http …        | looks like a ban | because                                    |
 * |--------------------------|-----------------|---------------------------|------------------|--------------------------------------------|
 * | one of them is answered  | any             | any                       | no               |                                            |
 * | all silent, not at once  | any             | any                       | no               | a ban takes them together                  |
 * | all silent at once       | passes          | any                       | no               | the port is open: the server hangs behind it |
 * | all silent at once       | none, or silent | one passes                | yes              | the host lives, and lets no SIP of ours in |
 * | all silent at once       | none, or silent | none passes               | no               | dead, or banned as a whole: cannot be told |
 */
export function looksLikeBan(clues: readonly BanClue[]): boolean {
  const sip = clues.filter(({ kind }) => kind.startsWith('sip-') || kind === 'rtp-echo')
  if (sip.length === 0 || !sip.every(({ state }) => isSilent(state))) return false
  const beganMs = sip.map(({ state }) => state?.failingSinceMs ?? 0)
  if (Math.max(...beganMs) - Math.min(...beganMs) > AT_ONCE_MS) return false
  if (clues.some(({ kind, state }) => kind === 'tcp' && passes(state))) return false
  return clues.some(
    ({ kind, state }) => !sip.some((each) => each.kind === kind) && kind !== 'push' && passes(state),
  )
}

/** It answered once, and is down without a word since. */
function isSilent(state: HealthState | undefined): boolean {
  return (
    state !== undefined &&
    state.status === 'down' &&
    state.hardFails === 0 &&
    state.fails > 0 &&
    state.heardAtMs !== undefined
  )
}

function passes(state: HealthState | undefined): boolean {
  return state !== undefined && state.status === 'up' && state.fails === 0
}
