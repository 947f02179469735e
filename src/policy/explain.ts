import type { AllDown, PoolSettings } from '../core/settings.ts'
import type { LastResort } from './all-down.ts'
import type { Candidate, Round } from './definition.ts'
import type { Frozen } from './frozen.ts'
import type { LiveServing } from './live.ts'

const LAST_RESORT: Readonly<Record<AllDown, string>> = {
  'serve-all': 'no target is live: all of them are served',
  'last-good': 'no target is live: the last ones that were are served',
  fallback: 'no target is live: the fallback is served',
  nodata: 'no target is live: the answer is empty, as configured',
}

const FROZEN = 'everything fell silent at once: the last answer stays'
const FROZEN_FROM_START = 'nothing was heard from anybody yet: all targets are served'

/** What the decision came from: one of the three. */
export interface Grounds {
  readonly frozen?: Frozen
  readonly live?: LiveServing
  readonly resort?: LastResort
}

/** Why the decision is what it is, in plain words, most telling first. No counters, so that it stands still while nothing moves. */
export function explain(round: Round, { frozen, live, resort }: Grounds): readonly string[] {
  const words: string[] = []
  if (frozen !== undefined) words.push(frozen.kept ? FROZEN : FROZEN_FROM_START)
  if (resort !== undefined) words.push(LAST_RESORT[resort.form])
  const { candidates, pool } = round
  for (const rank of ['down', 'degraded', 'up'] as const) {
    for (const candidate of candidates) if (candidate.standing === rank) words.push(...wordsOn(candidate))
  }
  for (const { target } of candidates) {
    if (live?.waiting.has(target.id)) words.push(`${target.name} is back and waits ${wait(pool.failback)}`)
    const share = live?.ramps.get(target.id)
    if (share !== undefined) words.push(`${target.name} comes in slowly, ${Math.round(share * 100)} % so far`)
  }
  return words.length > 0 ? words : ['every target is up']
}

function wordsOn({ target, standing, addresses, verdict }: Candidate): readonly string[] {
  const { name } = target
  if (verdict === undefined) return [`${name} is not known yet and counts as up`]
  if (verdict.override !== undefined) return [`${name} was ${verdict.why[0] ?? 'overridden'}`]
  if (standing !== 'up') return [`${name} is ${standing}`]
  if (verdict.effective === 'unknown') return [`${name} is not known yet and counts as up`]
  const left = target.addresses.filter((address) => !addresses.includes(address))
  return left.length > 0 ? [`${name} is up, but not at ${left.join(' and ')}`] : []
}

function wait(failback: PoolSettings['failback']): string {
  return failback.mode === 'manual' ? 'for an operator' : `${failback.delayMs / 1000} s before it takes over`
}
