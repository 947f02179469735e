import type { Bases, Basis } from '../core/decision.ts'
import type { Candidate, PolicyState, Round } from './definition.ts'
import type { Held } from './hold-down.ts'
import type { LiveServing } from './live.ts'

/**
 * Who had the last word on each target: the machine, or an operator.
 *
 * | an override holds | one held before | failback, slow start, handover, hold-down or `maxShift` still delays | by             |
 * |-------------------|-----------------|----------------------------------------------------------------------|----------------|
 * | yes               | any             | any                                                                  | override       |
 * | no                | yes             | yes                                                                  | override-ended |
 * | no                | yes             | no                                                                   | machine        |
 * | no                | no              | any                                                                  | machine        |
 *
 * So what the end of an override brings, minutes later, is still seen to come from it.
 */
export function basesOf(
  { candidates }: Round,
  previous: PolicyState['bases'],
  live: LiveServing | undefined,
  held: Held | undefined,
): Bases {
  return Object.fromEntries(
    candidates.map((candidate): [string, Basis] => {
      const { id } = candidate.target
      const own = ownBasis(candidate)
      const before = own.by === 'override' ? undefined : basisOf(previous, id)
      const spoken = before !== undefined && before.by !== 'machine'
      const delayed =
        candidate.deferred !== undefined ||
        live?.waiting.has(id) === true ||
        live?.ramps.has(id) === true ||
        live?.leaving.has(id) === true ||
        held?.untilMs !== undefined
      return [id, spoken && delayed ? { by: 'override-ended', as: own.as } : own]
    }),
  )
}

/** While we are blind nothing is learnt, and only an operator's word counts. */
export function frozenBases({ candidates }: Round, previous: PolicyState['bases']): Bases {
  return Object.fromEntries(
    candidates.map((candidate): [string, Basis] => {
      const own = ownBasis(candidate)
      const before = basisOf(previous, candidate.target.id)
      if (own.by === 'override' || before === undefined) return [candidate.target.id, own]
      if (before.by !== 'override') return [candidate.target.id, before]
      return [candidate.target.id, { by: 'override-ended', as: own.as }]
    }),
  )
}

function ownBasis({ target, standing, addresses, verdict }: Candidate): Basis {
  const { override } = verdict ?? {}
  if (override !== undefined) return { by: 'override', as: override.kind }
  // By the addresses that are live, since a family may die alone.
  const part = addresses.length === target.addresses.length ? '' : ` at ${addresses.join(' ')}`
  return { by: 'machine', as: `${standing}${part}` }
}

function basisOf(bases: PolicyState['bases'], id: string): Basis | undefined {
  return bases !== undefined && Object.hasOwn(bases, id) ? bases[id] : undefined
}
