import { z } from 'zod'
import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Target } from '../../core/target.ts'
import type { AskContext, ProbeDeps, Prober } from '../definition.ts'
import { askEach } from './ask-each.ts'
import { tally } from './tally.ts'

/** The key of kinds that ask other probes. */
export const membersShape = z
  .array(z.string({ error: 'allowed: the name of a probe' }))
  .min(1)
  .max(16)
  .refine((names) => new Set(names).size === names.length, { error: 'the same probe twice' })
  .describe("Names of the probes to ask, all at once; they need not be in the pool's list.")

/** Asks other probes, all at once, and counts what they say. */
export class CompositeProber implements Prober {
  readonly tellsSpurious = true
  readonly #members: readonly string[]
  readonly #need: number | 'all'
  readonly #deps: ProbeDeps

  constructor(members: readonly string[], need: number | 'all', deps: ProbeDeps) {
    this.#members = members
    this.#need = need
    this.#deps = deps
  }

  get requests(): number {
    return this.#members.reduce((sum, name) => sum + (this.#deps.prober(name).requests ?? 1), 0)
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const members = this.#members.map((name) => ({ name, prober: this.#deps.prober(name), address }))
    const judged = tally(await askEach(members, this.#need, target, context), this.#need)
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }
}
