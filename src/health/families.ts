import { type Sight, sightOf, type Watched } from './sight.ts'

/** An address family that nothing is heard from any more, while the other one is. */
export interface LostFamily {
  readonly family: 4 | 6
  /** Epoch milliseconds; -Infinity: never heard anybody. */
  readonly lastHeardMs: number
}

export interface Outlook {
  /** Of everything together, or of the family in doubt. */
  readonly sight: Sight
  /** Empty unless `sight` is of everything. */
  readonly lostFamilies: readonly LostFamily[]
}

const NONE: readonly LostFamily[] = []

/**
 * A monitor that loses its IPv6 alone still hears everybody over IPv4: as a whole it sees, and every AAAA would leave. So each family is
 * looked at by itself as well.
 *
 * | everything | a family by itself | then                                                       |
 * |------------|--------------------|------------------------------------------------------------|
 * | lost       | any                | lost                                                       |
 * | unproven   | any                | unproven                                                   |
 * | clear      | unproven           | unproven: its witnesses are asked                          |
 * | clear      | lost               | clear, but this family's silence is not held against anybody |
 * | clear      | clear              | clear                                                      |
 *
 * Two hosts of the family at least must be silent together (`sight.ts`); a sentinel of the family that answers shows that they are dead.
 */
export function outlookOf(watched: readonly Watched[], nowMs: number): Outlook {
  const whole = sightOf(watched, nowMs)
  if (whole.kind !== 'clear' || !hasBothFamilies(watched)) return { sight: whole, lostFamilies: NONE }
  const lost: LostFamily[] = []
  for (const family of [4, 6] as const) {
    const own = sightOf(watched, nowMs, family)
    if (own.kind === 'unproven') return { sight: own, lostFamilies: NONE }
    if (own.kind === 'lost') lost.push({ family, lastHeardMs: own.lastHeardMs })
  }
  return { sight: whole, lostFamilies: lost.length > 0 ? lost : NONE }
}

function hasBothFamilies(watched: readonly Watched[]): boolean {
  const first = watched[0]?.family
  return watched.some(({ family }) => family !== first)
}
