import type { Clock, Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import type { CallResult } from './call-plan.ts'

export interface AnswerWaitEvents {
  /** The question was withdrawn. */
  onWithdrawn(): void
  /** The budget is used up; our own timer was that late. */
  onDeadline(lateMs: number): void
}

/** Somebody waits to hear how far a call came: once, within the question's budget. */
export class AnswerWait {
  readonly #deps: { readonly clock: Clock; readonly timers: Timers }
  readonly #events: AnswerWaitEvents
  #resolve: ((result: CallResult) => void) | undefined
  #cleanup: () => void = () => {}

  constructor(deps: { readonly clock: Clock; readonly timers: Timers }, events: AnswerWaitEvents) {
    this.#deps = deps
    this.#events = events
  }

  get isOpen(): boolean {
    return this.#resolve !== undefined
  }

  /** Calls `begin` unless the question was withdrawn before. */
  run({ signal, timeoutMs }: AskContext, begin: () => void): Promise<CallResult> {
    const { clock, timers } = this.#deps
    const deadlineMs = clock.nowMs() + timeoutMs
    return new Promise((resolve) => {
      this.#resolve = resolve
      const withdraw = () => this.#events.onWithdrawn()
      if (signal?.aborted === true) {
        withdraw()
        return
      }
      signal?.addEventListener('abort', withdraw)
      const cancel = timers.after(timeoutMs, () => {
        const lateMs = clock.nowMs() - deadlineMs
        // Answers that wait in the socket's buffer came in time: let the loop read them first.
        setImmediate(() => this.#events.onDeadline(lateMs))
      })
      this.#cleanup = () => {
        cancel()
        signal?.removeEventListener('abort', withdraw)
      }
      begin()
    })
  }

  /** The first word counts; leaves no timer and no listener behind. */
  settle(result: CallResult): void {
    const resolve = this.#resolve
    this.#resolve = undefined
    this.#cleanup()
    resolve?.(result)
  }
}
