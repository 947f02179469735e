import type { AllDown, PoolSettings } from '../core/settings.ts'
import type { LastResort } from './all-down.ts'
import type { Candidate, Round } from './definition.ts'
import type { Frozen } from './frozen.ts'
import type { Held } from './hold-down.ts'
import type { LiveServing } from './live.ts'
import type { Panic } from './panic.ts'
import type { Reserve } from './reserve.ts'

const LAST_RESORT: Readonly<Record<AllDown, string>> = {
  'serve-all': 'no target is live: all of them are served',
  'last-good': 'no target is live: the last ones that were are served',
  fallback: 'no target is live: the fallback is served',
  nodata: 'no target is live: the answer is empty, as configured',
}

const RESERVE: Readonly<Record<Reserve, string>> = {
  damped: 'no sound target is live: those left out for flapping are served, since they answer now',
  draining: 'no target is live but those that ask for no new calls: they are served, since they live',
  flapping: 'no target is live: those left out for flapping are served, since they come back',
}

const FROZEN = 'everything fell silent at once: the last answer stays'
const FROZEN_FROM_START = 'nothing was heard from anybody yet: all targets are served'

/** What the decision came from. */
export interface Grounds {
  readonly frozen?: Frozen
  readonly live?: LiveServing
  readonly held?: Held
  readonly panic?: Panic
  readonly reserve?: Reserve
  readonly resort?: LastResort
}

/** Why the decision is what it is, in plain words, most telling first. No counters, so that it stands still while nothing moves. */
export function explain(round: Round, grounds: Grounds): readonly string[] {
  const { frozen, live, held, panic, reserve, resort } = grounds
  const words: string[] = []
  if (frozen !== undefined) words.push(frozen.kept ? FROZEN : FROZEN_FROM_START)
  if (panic !== undefined) words.push(panicWords(round.pool, panic))
  if (reserve !== undefined) words.push(RESERVE[reserve])
  if (resort !== undefined) words.push(LAST_RESORT[resort.form])
  const { candidates, pool } = round
  for (const rank of ['down', 'drain', 'degraded', 'up'] as const) {
    for (const candidate of candidates)
      if (candidate.standing === rank) words.push(...wordsOn(candidate, pool))
  }
  if (held?.untilMs !== undefined) {
    words.push(`A and AAAA stay as they are: they changed less than ${seconds(pool.holdDownMs)} ago`)
  }
  for (const { target } of candidates) {
    if (live?.waiting.has(target.id)) words.push(`${target.name} is back and waits ${wait(pool.failback)}`)
    const share = live?.ramps.get(target.id)
    if (share !== undefined) words.push(`${target.name} comes in slowly, ${Math.round(share * 100)} % so far`)
    const left = live?.leaving.get(target.id)
    if (left !== undefined)
      words.push(`${target.name} hands its share over, ${Math.round(left * 100)} % is left`)
  }
  return words.length > 0 ? words : ['every target is up']
}

function wordsOn(candidate: Candidate, pool: PoolSettings): readonly string[] {
  const { target, standing, addresses, verdict, damped, deferred } = candidate
  const { name } = target
  if (verdict === undefined) return [`${name} is not known yet and counts as up`]
  if (verdict.override !== undefined) return [`${name} was ${verdict.why[0] ?? 'overridden'}`]
  if (deferred !== undefined) {
    const state = deferred === 'in' ? `${verdict.effective} and stays in` : 'back and stays out'
    return [
      `${name} is ${state} for now: maxShift lets ${pool.maxShiftPercent} % of the pool move in a minute`,
    ]
  }
  if (damped !== undefined) {
    const what = standing === 'down' ? 'left out' : standing === 'degraded' ? 'held degraded' : 'held in part'
    return [
      `${name} flaps and is ${what} until ${time(damped.untilMs)} (penalty ${damped.penalty}); it is ${verdict.effective} now`,
    ]
  }
  if (standing === 'drain') return [`${name} asks for no new calls`]
  const ban = verdict.probableBan === true ? ', or this monitor is banned there' : ''
  if (standing !== 'up') return [`${name} is ${standing}${ban}`]
  if (verdict.effective === 'unknown') return [`${name} is not known yet and counts as up`]
  const left = target.addresses.filter((address) => !addresses.includes(address))
  return left.length > 0 ? [`${name} is up, but not at ${left.join(' and ')}`] : []
}

function panicWords({ minLive }: PoolSettings, { live, needed, of }: Panic): string {
  const limit =
    minLive !== undefined && 'percent' in minLive ? `${minLive.percent} %, ${needed}` : `${needed}`
  return `panic: ${live} of ${of} targets are live, fewer than minLive (${limit}): all are served`
}

/** ECMA-262 dates end at 8.64e15; a state file may hold more. */
function time(atMs: number): string {
  return atMs <= 8.64e15 ? new Date(atMs).toISOString() : 'further notice'
}

function seconds(ms: number | undefined): string {
  return `${(ms ?? 0) / 1000} s`
}

function wait(failback: PoolSettings['failback']): string {
  return failback.mode === 'manual' ? 'for an operator' : `${failback.delayMs / 1000} s before it takes over`
}
