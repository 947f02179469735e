import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/ports.ts'
import type { ProviderError } from '../providers/error.ts'
import type { Contended } from './contention.ts'
import { dueOf, type Plan, type PlannedChange, summary } from './plan.ts'

/** So many changes have a line of their own; the rest is counted. */
const LINES_MAX = 20

/** Says what an updater does, each thing once: what stays as it was is not said again. */
export class UpdaterLog {
  readonly #name: string
  readonly #dryRun: boolean
  readonly #logger: Logger
  #held: string | undefined
  #refused = new Set<string>()
  #passes: string | undefined
  #dry: string | undefined

  constructor(name: string, dryRun: boolean, logger: Logger) {
    this.#name = name
    this.#dryRun = dryRun
    this.#logger = logger
  }

  planned(plan: Plan): void {
    const provider = this.#name
    const refused = new Set<string>()
    for (const { name, type, code, message } of plan.refusals) {
      const key = `${name} ${type} ${code}`
      refused.add(key)
      if (this.#refused.has(key)) continue
      this.#logger.warn(
        'updater.refused',
        { provider, name, type, code },
        `${provider}: ${name} ${type} ${message}`,
      )
    }
    this.#refused = refused
    if (plan.held !== undefined && plan.held !== this.#held) {
      const what = dueOf(plan).length === 0 ? 'nothing is changed' : "only an operator's word is carried out"
      this.#logger.error('updater.held', { provider }, `${provider}: ${what}: ${plan.held}`)
    }
    this.#held = plan.held
    if (plan.passes !== undefined && plan.passes !== this.#passes)
      this.#logger.warn('provider.override-passes', { provider }, `${provider}: ${plan.passes}`)
    this.#passes = plan.passes
    if (!this.#dryRun) return
    const text = plan.changes.map(lineOf).join('; ')
    if (text !== '' && text !== this.#dry)
      this.#logger.info(
        'updater.planned',
        { provider },
        `${provider}: would make ${summary(plan)} (dry run): ${text}`,
      )
    this.#dry = text
  }

  applied(
    batch: readonly PlannedChange[],
    facts: { readonly callMs: number; readonly sinceDecisionMs?: number; readonly reference?: string },
  ): void {
    const provider = this.#name
    const sets = batch.filter((change) => !change.isMark)
    for (const change of sets.slice(0, LINES_MAX)) {
      const { name, type, kind } = change
      this.#logger.info('updater.changed', { provider, name, type, kind }, `${provider}: ${lineOf(change)}`)
    }
    const since =
      facts.sinceDecisionMs === undefined
        ? ''
        : `, ${Math.round(facts.sinceDecisionMs)} ms after the decision`
    this.#logger.info(
      'updater.applied',
      { provider, changes: batch.length, ...facts },
      `${provider}: accepted ${summary({ changes: batch })} in one call${since}`,
    )
  }

  converged(plan: Plan): void {
    const { owned, refusals } = plan
    const rest = refusals.length === 0 ? '' : `, ${refusals.length} left alone`
    this.#logger.info(
      'updater.converged',
      { provider: this.#name, owned, refused: refusals.length },
      `${this.#name}: ${owned} record sets are as they shall be${rest}`,
    )
  }

  drifted(changes: readonly PlannedChange[]): void {
    for (const change of changes.slice(0, LINES_MAX)) {
      const { name, type } = change
      const text = `${this.#name}: somebody else changed ${name} ${type}: to mend it, ${lineOf(change)}`
      this.#logger.warn('updater.drift', { provider: this.#name, name, type }, text)
    }
  }

  contended(reverted: readonly PlannedChange[], { times, untilMs }: Contended, nowMs: number): void {
    const { name, type } = reverted[0] ?? {}
    const waitMs = untilMs - nowMs
    const more = reverted.length > 1 ? ` and ${reverted.length - 1} more` : ''
    const text =
      `${this.#name}: ${name} ${type}${more} was put back to what it was ${times} times in a row, under our own mark: ` +
      `another instance with the same owner sees health otherwise; it is left so for ${Math.round(waitMs / 60_000)} minutes`
    this.#logger.error('provider.contended', { provider: this.#name, name, type, times, waitMs }, text)
  }

  failed(error: ProviderError, attempts: number, delayMs: number): void {
    const { code, apiCode, retryable, message } = error
    const fields = { provider: this.#name, code, apiCode, retryable, attempts, delayMs }
    const text = `${this.#name}: ${message}; next attempt in ${(delayMs / 1000).toFixed(1)} s`
    // A conflict is put right by reading, a throttling by waiting; what lasts is worth more than a line.
    if (retryable && attempts <= 1) this.#logger.info('updater.failed', fields, text)
    else if (retryable && attempts < 5) this.#logger.warn('updater.failed', fields, text)
    else this.#logger.error('updater.failed', fields, text)
  }

  recovered(attempts: number): void {
    this.#logger.info(
      'updater.recovered',
      { provider: this.#name, attempts },
      `${this.#name}: works again after ${attempts} failed ${attempts === 1 ? 'attempt' : 'attempts'}`,
    )
  }

  broken(error: unknown): void {
    this.#logger.error(
      'updater.broken',
      { provider: this.#name, error },
      `${this.#name}: ${messageOf(error)}`,
    )
  }
}

function lineOf({ kind, name, type, why }: PlannedChange): string {
  return `${kind} ${name} ${type} (${why})`
}
