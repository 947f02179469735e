import type { HealthState } from '../core/health.ts'
import type { Outcome, ReasonCode } from '../core/outcome.ts'
import type { Override } from '../core/verdict.ts'

/** What a reason means, for people; a probe's own `detail` comes before it. */
const REASON_WORDS: Readonly<Record<ReasonCode, string>> = {
  ok: 'answered',
  'ok-noted': 'answered, with a remark',
  timeout: 'no answer in time',
  'provisional-only': 'a provisional answer, then nothing',
  unreachable: 'unreachable, says a router',
  refused: 'refused',
  reset: 'connection reset',
  closed: 'closed in the middle of the question',
  'bad-status': 'an answer that says that calls fail',
  overload: 'overloaded, wants no new calls',
  'bad-reply': 'an answer that is not the protocol',
  'tls-handshake': 'TLS handshake failed',
  'tls-certificate': 'certificate not acceptable',
  unexpected: 'an answer that the configuration does not accept',
  'media-dead': 'the call was answered, and no media came',
  'check-failed': 'a check says no',
  'report-missing': 'no report in time',
  'no-route': 'no route of our own',
  'no-resources': 'out of resources of our own',
  'event-loop-late': 'we were late ourselves',
  'credentials-refused': 'our account is refused',
  'no-verdict': 'a check that could not tell',
  aborted: 'aborted by us',
  internal: 'a fault of our own',
}

/** One question's state in plain words: `options: 3 fails in a row, last: no answer in 500 ms, 2 sent`. */
export function describeHealth(question: string, state: HealthState): string {
  const { drainUntilMs, fails } = state
  if (drainUntilMs === undefined) return `${question}: ${describeRun(state)}${describeLast(state.last)}`
  const run = fails > 0 ? `, ${describeRun(state)} since${describeLast(state.last)}` : ''
  return `${question}: asks for no new calls until ${isoTime(drainUntilMs)}${run}`
}

/** `options: impaired, last: took 300 ms, more than 200 ms`. */
export function describeImpaired(question: string, state: HealthState): string {
  const last = state.last?.impaired
  const poor = state.poor === undefined ? '' : `: ${state.poor.what}`
  return `${question}: answers, but impaired${poor}${last === undefined ? '' : `, last: ${last}`}`
}

function describeRun(state: HealthState): string {
  if (state.fails > 0) return `${state.fails} ${state.fails === 1 ? 'fail' : 'fails in a row'}`
  if (state.passes > 0) return `${state.passes} ${state.passes === 1 ? 'pass' : 'passes in a row'}`
  return 'not known'
}

function describeLast(last: Outcome | undefined): string {
  if (last === undefined) return ', not asked yet'
  const sent = last.result === 'fail' && last.attempts > 0 ? `, ${last.attempts} sent` : ''
  const ours = last.result === 'inconclusive' ? ' (not counted)' : ''
  return `, last: ${last.detail ?? REASON_WORDS[last.reason]}${sent}${ours}`
}

/** `drained by alice until 2026-01-02T03:04:05.000Z: disk swap`. */
export function describeOverride(override: Override): string {
  const word = { up: 'put up', down: 'put down', drain: 'drained' }[override.kind]
  const author = override.author === undefined ? 'an operator' : override.author
  const until = override.untilMs === undefined ? '' : ` until ${isoTime(override.untilMs)}`
  const reason = override.reason === undefined ? '' : `: ${override.reason}`
  return `${word} by ${author}${until}${reason}`
}

/** ECMA-262 dates end at 8.64e15; a state file or an API may hold more. */
function isoTime(atMs: number): string {
  return Math.abs(atMs) <= 8.64e15 ? new Date(atMs).toISOString() : 'further notice'
}
