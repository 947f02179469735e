import type { SipvaneEvent } from '../../../core/event.ts'
import type { Timers } from '../../../core/ports.ts'
import type { Finding, HookContext } from '../definition.ts'
import { HookError, type HookFault } from '../error.ts'
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
 * How long an order that was broken off is waited for: clouds carry out within seconds what they took, whether or not anybody still
 * listens.
 */
const LATE_LOOKS_MS = LOOKS_MS.slice(1, 8)
/** An order that ended so was not taken. */
const NOT_TAKEN: readonly HookFault[] = ['refused', 'credentials', 'throttled']

/**
 * Holders that orders are on their way to, as far as we know: given, and not seen to have come. One set for each thing, over all its runs.
 */
export type OpenOrders = Set<string>

/**
 * Gives it to one of the decision's targets, then looks until they have it. `holders`: who a target is there, by its name. Rejects with
 * `HookError`, `unverified` where the move was taken and does not show.
 *
 * | is at              | an order to another is open | then                                                            |
 * |--------------------|-----------------------------|-----------------------------------------------------------------|
 * | one of the targets | no                          | stays                                                           |
 * | one of the targets | yes: a run was broken off   | looked after for some seconds; moved back where it went away    |
 * | anybody else       | any                         | moved to the first of the targets                               |
 */
export async function moveTo(
  event: SipvaneEvent,
  holders: Readonly<Record<string, string>>,
  movable: Movable,
  { signal, dryRun, step }: HookContext,
  timers: Timers,
  open: OpenOrders,
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
  const isWanted = (holder: string | undefined) => holder !== undefined && wanted.includes(holder)
  let present = await movable.holder(signal)
  const late = [...open].filter((holder) => !wanted.includes(holder))
  if (isWanted(present) && late.length > 0 && !dryRun) {
    step(`${what} is at ${present}, but an order to ${late.join(', ')} was broken off and may still come`)
    const seen = await look(movable, LATE_LOOKS_MS, (holder) => !isWanted(holder), signal, timers)
    present = seen.holder
  }
  if (isWanted(present)) {
    if (!dryRun) open.clear()
    return step(`${what} is at ${present} already`)
  }
  const from = present === undefined ? '' : ` from ${present}`
  if (dryRun) return step(`would move ${what}${from} to ${first}`)
  if (signal.aborted) throw new HookError('stopped', 'stopped')
  open.add(first)
  try {
    await movable.move(first, signal)
  } catch (error) {
    if (error instanceof HookError && NOT_TAKEN.includes(error.fault)) open.delete(first)
    throw error
  }
  step(`moved ${what}${from} to ${first}`)
  const seen = await look(movable, LOOKS_MS, (holder) => holder === first, signal, timers)
  if (!seen.found)
    throw new HookError(
      'unverified',
      `${what} was moved to ${first}, but it is at ${seen.holder ?? 'nobody'}`,
    )
  open.clear()
  step('verified')
}

/** Looks after each of these pauses, until what is seen fits. */
async function look(
  movable: Movable,
  pausesMs: readonly number[],
  fits: (holder: string | undefined) => boolean,
  signal: AbortSignal,
  timers: Timers,
): Promise<{ readonly found: boolean; readonly holder: string | undefined }> {
  let holder: string | undefined
  for (const pauseMs of pausesMs) {
    if (!(await pause(timers, pauseMs, signal))) throw new HookError('stopped', 'stopped')
    holder = await movable.holder(signal)
    if (fits(holder)) return { found: true, holder }
  }
  return { found: false, holder }
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
