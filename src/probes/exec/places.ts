import type { Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { type Cut, withinBudget } from '../transport/budget.ts'

/** Limits how many run at once; the others wait in line, within their budgets. */
export class Places {
  readonly #limit: number
  readonly #timers: Timers
  #taken = 0
  readonly #line: (() => void)[] = []

  constructor(limit: number, timers: Timers) {
    this.#limit = limit
    this.#timers = timers
  }

  /** `go`: a place is taken, to be given back by `leave`; otherwise none is. */
  async take(context: Pick<AskContext, 'timeoutMs' | 'signal'>): Promise<{ kind: 'go' } | Cut> {
    if (this.#taken < this.#limit && context.signal?.aborted !== true) {
      this.#taken++
      return { kind: 'go' }
    }
    let go = () => {}
    let given = false
    const end = await withinBudget<{ kind: 'go' }>(context, this.#timers, (settle) => {
      go = () => {
        this.#taken++
        given = true
        settle({ kind: 'go' })
      }
      this.#line.push(go)
    })
    const at = this.#line.indexOf(go)
    if (at >= 0) this.#line.splice(at, 1)
    // It came in the very moment in which the question ended.
    if (given && end.kind !== 'go') this.leave()
    return end
  }

  leave(): void {
    this.#taken--
    this.#line.shift()?.()
  }
}
