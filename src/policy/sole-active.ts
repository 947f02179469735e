import type { Decision } from '../core/decision.ts'

/** Which target of a pool other balancers were last told to send traffic to. Plain JSON. */
export interface SoleActive {
  /** The target's name within its pool. Absent: nobody was told of anybody in this life of the process. */
  readonly holder?: string
  /** Epoch milliseconds of the last yes; at the start the start itself, for the life before may have said yes until then. */
  readonly lastYesMs: number
}

export interface SoleAnswer {
  readonly state: SoleActive
  /** The target that asks should get traffic. */
  readonly active: boolean
  /** It will be the active one, and this many milliseconds of the hand-over are left. Absent: it is not its turn. */
  readonly waitMs?: number
}

/** At the start: another balancer may have had a yes from us just before, so the hand-over runs from now. */
export function initialSole(nowMs: number): SoleActive {
  return { lastYesMs: nowMs }
}

/**
 * Answers one probe of another balancer about `asked`, so that no two targets are ever believed to be active at once. A balancer goes on
 * believing a yes for as long as its own window lasts (interval, times the failures it wants to see, and its time-out); so between the
 * last yes to one target and the first yes to another lie `handoverMs` milliseconds at least. Measured from the yes and not
 * from the decision: where nobody asked the old one for that long already, there is nothing left to wait for.
 *
 * | asked is the one chosen | holder   | since the last yes | answer          |
 * |-------------------------|----------|--------------------|-----------------|
 * | no                      | any      | any                | no              |
 * | yes                     | it       | any                | yes             |
 * | yes                     | other, - | less               | no, and wait    |
 * | yes                     | other, - | enough             | yes; it holds   |
 */
export function answerSole(
  state: SoleActive,
  decision: Pick<Decision, 'active'>,
  asked: string,
  times: { readonly nowMs: number; readonly handoverMs: number },
): SoleAnswer {
  if (chosen(state, decision) !== asked) return { state, active: false }
  const { nowMs, handoverMs } = times
  const waitMs = state.lastYesMs + handoverMs - nowMs
  if (state.holder !== asked && waitMs > 0) return { state, active: false, waitMs }
  return { state: { holder: asked, lastYesMs: nowMs }, active: true }
}

/** A tier may have several active members; the one that holds goes on for as long as it is among them. */
export function chosen({ holder }: SoleActive, { active }: Pick<Decision, 'active'>): string | undefined {
  if (holder !== undefined && active.some(({ name }) => name === holder)) return holder
  return active[0]?.name
}
