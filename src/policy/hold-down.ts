import { isLive } from './candidates.ts'
import type { PolicyState, Round, Serving } from './definition.ts'

export interface Held {
  readonly serving: Serving
  /** Epoch milliseconds of the last change of whom A and AAAA name; absent: hold-down is off, or nothing was answered yet. */
  readonly movedAtMs?: number
  /** Epoch milliseconds until which a change waits; absent: none does. */
  readonly untilMs?: number
}

/**
 * `holdDown`: the least time from one change of A and AAAA to the next. It is for what can wait: a target that got worse or better, a
 * failback. SRV follows at once, since its clients choose for themselves.
 *
 * | A would change | the last change is long ago | who served still lives | an operator insists | then    |
 * |----------------|-----------------------------|------------------------|---------------------|---------|
 * | no             | any                         | any                    | any                 | as it is |
 * | yes            | yes                         | any                    | any                 | changes |
 * | yes            | no                          | no                     | any                 | changes: a death never waits |
 * | yes            | no                          | yes                    | yes                 | changes |
 * | yes            | no                          | yes                    | no                  | waits   |
 */
export function holdDown(round: Round, serving: Serving, previous: PolicyState | undefined): Held {
  const { pool, candidates, nowMs } = round
  if (pool.holdDownMs === undefined) return { serving }
  const before = previous?.served?.active.map((member) => member.target)
  if (before === undefined) return { serving, movedAtMs: nowMs }
  const after = serving.active.map((member) => member.target)
  const movedAtMs = Math.min(previous?.movedAtMs ?? nowMs, nowMs)
  if (before.length === after.length && before.every((id) => after.includes(id)))
    return { serving, movedAtMs }
  const untilMs = movedAtMs + pool.holdDownMs
  // Not by the members: who hands its share over is among them, and dead.
  const live = new Set<string>(candidates.filter(isLive).map(({ target }) => target.id))
  const insisted = candidates.some((each) => each.insisted && after.includes(each.target.id))
  const alive = before.length > 0 && before.every((id) => live.has(id) || after.includes(id))
  if (nowMs >= untilMs || !alive || insisted || previous?.served?.mode === 'last-resort') {
    return { serving, movedAtMs: nowMs }
  }
  const kept = new Set(before)
  const active = serving.members.filter((member) => kept.has(member.target))
  const mode = previous?.served?.mode ?? serving.mode
  return { serving: { ...serving, active, mode }, movedAtMs, untilMs }
}
