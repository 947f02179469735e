import type { Clock, Timers } from '../core/ports.ts'

const SLOTS = 1024
const MASK = SLOTS - 1

/** One deadline; a node of its slot's ring, so that cancelling it costs the same however many there are. */
interface Entry {
  tick: number
  fire: (() => void) | undefined
  previous: Entry
  next: Entry
}

export interface TimerWheel extends Timers {
  readonly pending: number
  /** The worst lateness of a deadline since the last call, in milliseconds. */
  takeWorstLatenessMs(): number
  stop(): void
}

/**
 * A hashed timing wheel (Varghese and Lauck, 1987): all deadlines of the process behind one system timer, which sleeps until the
 * next slot that holds something. Adding and cancelling cost the same for ten deadlines and for a hundred thousand.
 *
 * Deadlines fire in the check phase, after the sockets were read: when the process was late, an answer that already waits in a
 * socket's buffer counts before its time-out does. A monitor that is slow must not declare others dead. What falls due while sockets are
 * read, or later, waits for the next turn: its answer may have come since, unread.
 */
export function createTimerWheel(clock: Clock, options: { resolutionMs?: number } = {}): TimerWheel {
  const resolutionMs = options.resolutionMs ?? 5
  const slots = Array.from({ length: SLOTS }, ring)
  const originMs = clock.nowMs()
  let current = 0
  let pending = 0
  let worstMs = 0
  let timer: NodeJS.Timeout | undefined
  let timerTick = Number.POSITIVE_INFINITY
  let immediate: NodeJS.Immediate | undefined
  let stopped = false

  const tickNow = () => Math.floor((clock.nowMs() - originMs) / resolutionMs)

  function sleepUntil(tick: number): void {
    if (stopped || tick >= timerTick) return
    if (timer !== undefined) clearTimeout(timer)
    timerTick = tick
    const delayMs = originMs + tick * resolutionMs - clock.nowMs()
    timer = setTimeout(wake, Math.max(0, Math.ceil(delayMs)))
  }

  function wake(): void {
    timer = undefined
    timerTick = Number.POSITIVE_INFINITY
    const now = tickNow()
    immediate = setImmediate(() => run(now))
  }

  /** `now`: the tick before the sockets were read. */
  function run(now: number): void {
    immediate = undefined
    // After a long stop of the process every slot is due once; going round twice would find nothing more.
    const first = Math.max(current + 1, now - SLOTS + 1)
    current = Math.max(current, now)
    for (let tick = first; tick <= now && !stopped; tick++) fireSlot(slots[tick & MASK] as Entry, now)
    if (pending > 0) sleepUntil(nextOccupied(now))
  }

  function fireSlot(head: Entry, now: number): void {
    let entry = head.next
    while (entry !== head) {
      const following = entry.next
      if (entry.tick <= now && entry.fire !== undefined) {
        const fire = entry.fire
        remove(entry)
        worstMs = Math.max(worstMs, clock.nowMs() - originMs - entry.tick * resolutionMs)
        fire()
      }
      // What has just fired may have cancelled the one after it, whose links then lead nowhere: begin again. Deadlines that were
      // added meanwhile belong to a later tick, so this ends.
      entry = following !== head && following.fire === undefined ? head.next : following
    }
  }

  function nextOccupied(now: number): number {
    let soonest = now + SLOTS
    for (let tick = now + 1; tick < now + SLOTS; tick++) {
      const head = slots[tick & MASK] as Entry
      for (let entry = head.next; entry !== head; entry = entry.next) {
        if (entry.tick <= tick) return tick
      }
    }
    for (const head of slots) {
      for (let entry = head.next; entry !== head; entry = entry.next) soonest = Math.min(soonest, entry.tick)
    }
    return soonest
  }

  function remove(entry: Entry): void {
    entry.previous.next = entry.next
    entry.next.previous = entry.previous
    entry.fire = undefined
    pending--
  }

  return {
    after(delayMs, fire) {
      if (stopped) return () => {}
      const dueMs = clock.nowMs() - originMs + Math.max(0, delayMs)
      const tick = Math.max(current + 1, Math.ceil(dueMs / resolutionMs))
      const head = slots[tick & MASK] as Entry
      const entry: Entry = { tick, fire, previous: head.previous, next: head }
      head.previous.next = entry
      head.previous = entry
      pending++
      sleepUntil(tick)
      return () => {
        if (entry.fire !== undefined) remove(entry)
      }
    },
    get pending() {
      return pending
    },
    takeWorstLatenessMs() {
      const worst = worstMs
      worstMs = 0
      return worst
    },
    stop() {
      stopped = true
      if (timer !== undefined) clearTimeout(timer)
      if (immediate !== undefined) clearImmediate(immediate)
    },
  }
}

function ring(): Entry {
  const head = { tick: -1, fire: undefined } as Entry
  head.previous = head
  head.next = head
  return head
}
