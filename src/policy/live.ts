import { isLive } from './candidates.ts'
import type { Placed, PolicyState, Round, Serving } from './definition.ts'
import { type Front, frontOf, type Runner } from './failback.ts'
import { leavingOf } from './handover.ts'
import { activeOf, membersOf } from './members.ts'
import { type Ramp, rampedWeight, rampOf } from './slow-start.ts'
import { behind } from './tiers.ts'

export interface LiveServing {
  readonly serving: Serving
  /** By target id: those that are back but wait behind the serving tier. */
  readonly waiting: Front['waiting']
  /** By target id: those whose weight is not whole yet, and their share of it. */
  readonly ramps: ReadonlyMap<string, number>
  /** By target id: those that died and hand their share over, and what they still have of it. */
  readonly leaving: ReadonlyMap<string, number>
  /** Epoch milliseconds when failback, slow start or a handover moves next. */
  readonly nextMs?: number
}

/** What is answered while at least one target is live. */
export function serveLive(
  round: Round,
  tenures: PolicyState['tenures'],
  incumbents: readonly string[],
): LiveServing {
  const { pool, policy, tiers, candidates, nowMs } = round
  const runners: Runner[] = candidates.filter(isLive).map((candidate) => {
    const { target, addresses } = candidate
    const seat = { target, addresses, degraded: candidate.standing === 'degraded' }
    return { ...seat, ...policy.place(seat, tiers), candidate }
  })

  const front =
    policy.serves === 'tier' ? frontOf(runners, incumbents, pool.failback, tenures, nowMs) : undefined
  const ramps = new Map<string, Ramp>()
  const placed = runners.map((runner): Runner => {
    const { id } = runner.target
    // Alone there is nobody to leave the rest of the calls to.
    const ramp = runners.length > 1 ? rampOf(tenures, id, pool.slowStartMs, nowMs) : undefined
    if (ramp?.nextStepMs !== undefined) ramps.set(id, ramp)
    return {
      ...runner,
      priority: front?.waiting.has(id) ? behind(front.priority, tiers) : runner.priority,
      weight: rampedWeight(runner.weight, ramp?.share ?? 1),
    }
  })

  // Behind priority 65535 there is no room: who waits there shares it in SRV, but serves no A.
  const serving =
    front === undefined
      ? placed
      : placed.filter(({ priority, target }) => priority === front.priority && !front.waiting.has(target.id))
  const first = front?.priority ?? Math.min(...placed.map(({ priority }) => priority))
  const leaving = leavingOf(round, tenures, first)
  const gone = leaving.map((each) => each.placed)
  // Where a response carries one target, the dead one has its part of the draw; where it carries all, nobody is sent there besides.
  const chosen = policy.select(policy.pick === 'one' ? [...serving, ...gone] : serving)
  const members = membersOf(gone.length === 0 ? placed : inOrder([...placed, ...gone], candidates))
  const bestServes = chosen.some(({ target }) => target.priority === tiers[0])
  const nextMs = Math.min(
    front?.endsMs ?? Number.POSITIVE_INFINITY,
    ...[...ramps.values()].map((ramp) => ramp.nextStepMs ?? Number.POSITIVE_INFINITY),
    ...leaving.map(({ nextStepMs }) => nextStepMs),
  )
  return {
    serving: {
      mode: bestServes ? 'normal' : 'failover',
      members,
      active: activeOf(members, chosen),
    },
    waiting: front?.waiting ?? new Set(),
    ramps: new Map([...ramps].map(([id, ramp]) => [id, ramp.share])),
    leaving: new Map(leaving.map(({ placed, share }) => [placed.target.id, share])),
    ...(Number.isFinite(nextMs) ? { nextMs } : {}),
  }
}

function inOrder(placed: readonly Placed[], candidates: Round['candidates']): readonly Placed[] {
  const byId = new Map(placed.map((each) => [each.target.id, each]))
  return candidates.flatMap(({ target }) => byId.get(target.id) ?? [])
}
