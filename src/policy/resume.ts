import type { Merit, PolicyState, Tenure } from './definition.ts'

/** A policy's state that was kept by a clock which this one is `byMs` milliseconds ahead of (behind: negative). Pure. */
export function movedPolicy(state: PolicyState, byMs: number): PolicyState {
  if (byMs === 0) return state
  const { tenures, merits, shifts, movedAtMs } = state
  const at = (atMs: number) => Math.max(0, atMs + byMs)
  return {
    ...state,
    tenures: mapped(tenures, (tenure): Tenure => {
      const { sinceMs, returnedAtMs, leftAtMs } = tenure
      return {
        ...tenure,
        sinceMs: at(sinceMs),
        ...(returnedAtMs === undefined ? {} : { returnedAtMs: at(returnedAtMs) }),
        ...(leftAtMs === undefined ? {} : { leftAtMs: at(leftAtMs) }),
      }
    }),
    ...(merits === undefined
      ? {}
      : {
          merits: mapped(merits, (merit): Merit => {
            const { atMs, untilMs } = merit
            return { ...merit, atMs: at(atMs), ...(untilMs === undefined ? {} : { untilMs: at(untilMs) }) }
          }),
        }),
    ...(shifts === undefined ? {} : { shifts: shifts.map((shift) => ({ ...shift, atMs: at(shift.atMs) })) }),
    ...(movedAtMs === undefined ? {} : { movedAtMs: at(movedAtMs) }),
  }
}

/**
 * The state after nobody looked for `awayMs` milliseconds, 0 or more. "Up for the whole failback delay, without interruption" is what
 * somebody saw: a primary that came back just before a stop of three days is not called at the start because of them. All else went on:
 * penalties sank, phones came over, holds ran out.
 */
export function unwatched(state: PolicyState, awayMs: number): PolicyState {
  return {
    ...state,
    tenures: mapped(state.tenures, (tenure) => ({ ...tenure, sinceMs: tenure.sinceMs + awayMs })),
  }
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  to: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]))
}
