import type { SipvaneEvent } from '../../../core/event.ts'
import type { Timers } from '../../../core/ports.ts'
import type { Finding, HookContext } from '../definition.ts'
import { HookError } from '../error.ts'
import { pause } from '../runner/pause.ts'
import { aimOf } from './aim.ts'

/** Something that one holder has at a time: a route, an address. */
export interface Movable {
  /** For people: `route 0.0.0.0/0 of rtb-1`. */
  readonly what: string
  /** Who has it now; undefined: nobody. */
  holder(signal: AbortSignal): Promise<string | undefined>
  /** Gives it to `holder`. Resolves when the far end took the order, not yet when it is carried out. */
  move(holder: string, signal: AbortSignal): Promise<void>
}

/** How long a move is looked after, and how often. An answer right after the order may still be the old one. */
const LOOKS_MS = [0, 250, 500, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000]

/**
 * Gives it to the first of the decision's targets, unless one of them has it already; then looks until they have. `holders`: who a
 * target is there, by its name. Rejects with `HookError`, `unverified` where the move was taken and does not show.
 */
export async function moveTo(
  event: SipvaneEvent,
  holders: Readonly<Record<string, string>>,
  movable: Movable,
  { signal, dryRun, step }: HookContext,
  timers: Timers,
): Promise<void> {
  const { what } = movable
  const aim = aimOf(event)
  if (aim.kind === 'stay') return step(`${what} stays: ${aim.why}`)
  const wanted = aim.candidates.flatMap(({ name }) => holders[name] ?? [])
  const [first] = wanted
  if (first === undefined) {
    const names = aim.candidates.map(({ name }) => name).join(', ')
    throw new HookError('refused', `nobody can have ${what}: no holder is configured for ${names}`)
  }
  const present = await movable.holder(signal)
  if (present !== undefined && wanted.includes(present)) return step(`${what} is at ${present} already`)
  const from = present === undefined ? '' : ` from ${present}`
  if (dryRun) return step(`would move ${what}${from} to ${first}`)
  await movable.move(first, signal)
  step(`moved ${what}${from} to ${first}`)
  let seen: string | undefined
  for (const delayMs of LOOKS_MS) {
    if (!(await pause(timers, delayMs, signal))) throw new HookError('stopped', 'stopped')
    seen = await movable.holder(signal)
    if (seen === first) return step('verified')
  }
  throw new HookError('unverified', `${what} was moved to ${first}, but it is at ${seen ?? 'nobody'}`)
}

/** For `sipvane hook test`: can it be read, and is its holder one of the configured ones? */
export async function checkMovable(
  holders: Readonly<Record<string, string>>,
  movable: Movable,
  signal: AbortSignal,
): Promise<Finding[]> {
  const present = await movable.holder(signal)
  const target = Object.entries(holders).find(([, holder]) => holder === present)?.[0]
  if (present === undefined) return [{ result: 'warn', text: `nobody has ${movable.what}` }]
  if (target === undefined)
    return [{ result: 'warn', text: `${movable.what} is at ${present}, which no target has` }]
  return [{ result: 'pass', text: `${movable.what} is at ${present}, that is ${target}` }]
}
