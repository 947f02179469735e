import type { PoolSettings } from '../core/settings.ts'
import { isLive } from './candidates.ts'
import type { Candidate, PolicyState, Shift } from './definition.ts'

const WINDOW_MS = 60_000
/** Percent: six twelfths are a half, though their fractions do not add up to one. */
const ROUNDING = 1e-6

export interface Limited {
  readonly candidates: readonly Candidate[]
  readonly shifts: readonly Shift[]
  readonly admitted: NonNullable<PolicyState['admitted']>
  /** Epoch milliseconds when there is room for more; absent: nobody waits. */
  readonly nextMs?: number
}

/**
 * `maxShift`: how much of the pool's weight may leave or come back within a minute by what the machine decides alone. A probe that is wrong
 * about everybody at once (a bad release of it, a firewall rule) then takes the pool out piece by piece, under somebody's eyes.
 *
 * | moved within the last minute | this one besides   | an operator's word | then                                           |
 * |------------------------------|--------------------|--------------------|------------------------------------------------|
 * | any                          | any                | yes                | at once, and not counted                       |
 * | nothing                      | any                | no                 | at once: a target heavier than the limit must be able to die |
 * | something                    | within the limit   | no                 | at once                                        |
 * | something                    | over, and it is back while nobody else in the answers is alive | no | at once: a limit makes no outage |
 * | something                    | over the limit     | no                 | stays as it was until there is room            |
 *
 * Who left comes before who came back: calling a dead server costs more than not calling a live one.
 */
export function limitShift(
  pool: PoolSettings,
  candidates: readonly Candidate[],
  previous: PolicyState | undefined,
  nowMs: number,
): Limited {
  const limit = pool.maxShiftPercent
  if (limit === undefined) return { candidates, shifts: [], admitted: {} }
  const before = previous?.admitted ?? {}
  const shifts = (previous?.shifts ?? []).filter(({ atMs }) => atMs > nowMs - WINDOW_MS)
  const admitted: Record<string, boolean> = {}
  const waiting = new Set<string>()
  let carried = candidates.some((candidate) => isLive(candidate) && moveOf(candidate, before) !== 'machine')
  for (const candidate of [...candidates].sort((a, b) => Number(isLive(a)) - Number(isLive(b)))) {
    const { id } = candidate.target
    const wanted = isLive(candidate)
    if (moveOf(candidate, before) === 'machine') {
      const percent = weightPercent(pool, candidate)
      const room = shifts.length === 0 || percent + total(shifts) <= limit + ROUNDING
      if (room || (wanted && !carried)) {
        shifts.push({ atMs: nowMs, percent })
        carried ||= wanted
      } else waiting.add(id)
    }
    admitted[id] = waiting.has(id) ? !wanted : wanted
  }
  const oldest = shifts[0]
  return {
    candidates: candidates.map((candidate) =>
      waiting.has(candidate.target.id) ? deferred(candidate) : candidate,
    ),
    shifts,
    admitted,
    ...(waiting.size === 0 || oldest === undefined ? {} : { nextMs: oldest.atMs + WINDOW_MS }),
  }
}

/** Whose word it is that the target leaves or comes; `none`: it stays, or was not known before. */
function moveOf(candidate: Candidate, before: Limited['admitted']): 'none' | 'operator' | 'machine' {
  const { id } = candidate.target
  const was = Object.hasOwn(before, id) ? before[id] : undefined
  if (was === undefined || was === isLive(candidate)) return 'none'
  return candidate.withdrawn || candidate.insisted ? 'operator' : 'machine'
}

/** It is served, or left out, as before. */
function deferred(candidate: Candidate): Candidate {
  return isLive(candidate)
    ? { ...candidate, standing: 'down', deferred: 'out' }
    : { ...candidate, standing: 'up', deferred: 'in' }
}

/** A pool whose weights are all 0 has equal targets. */
function weightPercent(pool: PoolSettings, { target }: Candidate): number {
  const sum = pool.targets.reduce((weight, each) => weight + each.weight, 0)
  return sum === 0 ? 100 / pool.targets.length : (100 * target.weight) / sum
}

function total(shifts: readonly Shift[]): number {
  return shifts.reduce((sum, { percent }) => sum + percent, 0)
}
