import type { Target } from '../../core/target.ts'
import type { AskContext, Prober } from '../definition.ts'
import { type Said, tally } from './tally.ts'

/** One of several that are asked in one question. */
export interface Member {
  readonly name: string
  readonly prober: Prober
  readonly address: string
}

/** Asks all of them at once; their traces carry their names. `need`: how many have to pass. */
export async function askEach(
  members: readonly Member[],
  need: number | 'all',
  target: Target,
  context: AskContext,
): Promise<readonly Said[]> {
  const needless = new NeedlessOfEach(need, context.onSpurious)
  const said = await Promise.all(
    members.map(async ({ name, prober, address }, place) => {
      const onSpurious =
        prober.tellsSpurious === true ? (sentMs: number) => needless.heard(place, sentMs) : undefined
      return { name, outcome: await prober.ask(target, address, contextOf(name, context, onSpurious)) }
    }),
  )
  needless.answered(said)
  return said
}

function contextOf(
  name: string,
  { trace, onSpurious, ...context }: AskContext,
  heard: AskContext['onSpurious'] | undefined,
): AskContext {
  return {
    ...context,
    ...(onSpurious === undefined || heard === undefined ? {} : { onSpurious: heard }),
    ...(trace === undefined
      ? {}
      : { trace: ({ direction, text }) => trace({ direction, text: `${name}: ${text}` }) }),
  }
}

/**
 * A retransmission that one member made needlessly was one of the whole question's only where that counts one fewer without it (`tally`):
 * then it is passed on, as soon as all have answered.
 */
class NeedlessOfEach {
  readonly #need: number | 'all'
  readonly #tell: AskContext['onSpurious']
  #said: readonly Said[] | undefined
  readonly #early: [place: number, sentMs: number][] = []

  constructor(need: number | 'all', tell: AskContext['onSpurious']) {
    this.#need = need
    this.#tell = tell
  }

  /** Of the member in that place of the list. */
  heard(place: number, sentMs: number): void {
    if (this.#said === undefined) this.#early.push([place, sentMs])
    else this.#takeOff(this.#said, place, sentMs)
  }

  answered(said: readonly Said[]): void {
    this.#said = said
    for (const [place, sentMs] of this.#early) this.#takeOff(this.#said, place, sentMs)
  }

  #takeOff(before: readonly Said[], place: number, sentMs: number): void {
    const member = before[place]
    if (member === undefined) return
    const spared = { ...member.outcome, attempts: member.outcome.attempts - 1 }
    const after = before.with(place, { ...member, outcome: spared })
    this.#said = after
    if (tally(after, this.#need).attempts < tally(before, this.#need).attempts) this.#tell?.(sentMs)
  }
}
