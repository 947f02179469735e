import type { HealthState } from '../core/health.ts'
import { RunningSight } from './running-sight.ts'
import type { Sight, Watched } from './sight.ts'

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
function outlookFrom(both: boolean, sightOf: (family?: 4 | 6) => Sight): Outlook {
  const whole = sightOf()
  if (whole.kind !== 'clear' || !both) return { sight: whole, lostFamilies: NONE }
  const lost: LostFamily[] = []
  for (const family of [4, 6] as const) {
    const own = sightOf(family)
    if (own.kind === 'unproven') return { sight: own, lostFamilies: NONE }
    if (own.kind === 'lost') lost.push({ family, lastHeardMs: own.lastHeardMs })
  }
  return { sight: whole, lostFamilies: lost.length > 0 ? lost : NONE }
}

/** What is made of everything together and of each family, at the cost of what moved (`running-sight.ts`). To be made anew where silence was struck out. */
export class RunningOutlook {
  readonly #whole: RunningSight
  readonly #own: { readonly 4: RunningSight; readonly 6: RunningSight } | undefined
  /** Where each stands among those of its family. */
  readonly #places: readonly { readonly family: 4 | 6 | undefined; readonly index: number }[]

  /** `watched` in the order in which notes name them; their states are noted as they are. */
  constructor(watched: readonly Watched[]) {
    this.#whole = new RunningSight(watched)
    const of = (family: 4 | 6) => watched.filter((one) => one.family === family)
    this.#own = hasBothFamilies(watched)
      ? { 4: new RunningSight(of(4)), 6: new RunningSight(of(6)) }
      : undefined
    const counts = { 4: 0, 6: 0 }
    this.#places = watched.map(({ family }) => ({
      family,
      index: family === undefined ? 0 : counts[family]++,
    }))
  }

  /** The state of the watch of that index, after each outcome. */
  note(index: number, state: HealthState): void {
    this.#whole.note(index, state)
    const place = this.#places[index]
    if (this.#own === undefined || place?.family === undefined) return
    this.#own[place.family].note(place.index, state)
  }

  /** Every silent death is proved by somebody of its family, so that nothing is in doubt. */
  get proved(): boolean {
    const own = this.#own
    return own === undefined ? this.#whole.proved : own[4].proved && own[6].proved && this.#whole.proved
  }

  outlook(nowMs: number): Outlook {
    const own = this.#own
    return outlookFrom(own !== undefined, (family) =>
      family === undefined || own === undefined ? this.#whole.sight(nowMs) : own[family].sight(nowMs),
    )
  }
}

function hasBothFamilies(watched: readonly Watched[]): boolean {
  const first = watched[0]?.family
  return watched.some(({ family }) => family !== first)
}
