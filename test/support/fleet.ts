import { isDeepStrictEqual } from 'node:util'
import type { Decision } from '../../src/core/decision.ts'
import type { HealthState } from '../../src/core/health.ts'
import { evidenceOf, type Outcome } from '../../src/core/outcome.ts'
import type { Random } from '../../src/core/ports.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'
import type { Override } from '../../src/core/verdict.ts'
import { budgetOf } from '../../src/health/budget.ts'
import { nextDelayMs } from '../../src/health/cadence.ts'
import type { LostFamily, Outlook } from '../../src/health/families.ts'
import { step } from '../../src/health/machine.ts'
import { isNews } from '../../src/health/news.ts'
import { endsOutage } from '../../src/health/outage.ts'
import { forgetBlindness } from '../../src/health/sight.ts'
import { provedSpurious } from '../../src/health/spurious.ts'
import { judge } from '../../src/health/verdict.ts'
import { decide } from '../../src/policy/decide.ts'
import type { PolicyState } from '../../src/policy/definition.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { type Answer, answerOf, type Behaviour, CLEAN, type Path } from './fleet-line.ts'
import { answered, type Entry, type FleetOptions, type Kept } from './fleet-options.ts'
import { type Watch, watchesOf } from './fleet-watch.ts'
import { outlookOf } from './outlook.ts'
import { briefly } from './pool-sim.ts'
import { seededRandom } from './virtual-time.ts'

/**
 * A pool of scripted servers asked at virtual time: no sockets, no timers, only the pure middle in the order in which an engine
 * drives it (step, sight, judge, decide). The same seed gives the same run. Times in epoch milliseconds.
 */
export class Fleet {
  readonly decisions: Entry[] = []
  /** Every change of a health's status, as `atMs key status`. */
  readonly moves: { readonly atMs: number; readonly key: string; readonly status: string }[] = []
  /** Questions that ended, and those of them that nobody answered. */
  asked = 0
  unanswered = 0
  readonly #pool: PoolSettings
  readonly #probes: readonly ProbeSettings[]
  readonly #random: Random
  readonly #watches: readonly Watch[]
  readonly #byKey = new Map<string, Watch>()
  readonly #behaviour = new Map<string, Behaviour>()
  readonly #path = new Map<string, Path>()
  readonly #overrides = new Map<string, Override>()
  #policy: PolicyState | undefined
  #outlook: Outlook = { sight: { kind: 'clear' }, lostFamilies: [] }
  readonly #deaf = new Set<4 | 6>()
  #nowMs: number
  #reviewAtMs: number | undefined

  constructor({ pool, probes, seed = 1, startMs = 0, kept, sentinels = [] }: FleetOptions) {
    this.#pool = pool
    this.#probes = probes
    this.#random = seededRandom(seed)
    this.#nowMs = startMs
    const saved = kept as Kept | undefined
    this.#watches = watchesOf({ pool, probes, sentinels, startMs, kept: saved?.health, random: this.#random })
    for (const watch of this.#watches) this.#byKey.set(watch.key, watch)
    this.#policy = readPolicyState(saved?.policy)
    this.#look()
    this.#decide()
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** The present answer in one line. */
  get answer(): string {
    return this.decisions.at(-1)?.brief ?? ''
  }

  get latest(): Decision {
    const last = this.decisions.at(-1)
    if (last === undefined) throw new Error('nothing was decided yet')
    return last.decision
  }

  health(target: string, probe = 'options'): HealthState {
    const found = this.#watches.find(({ key }) => key.startsWith(`${target} ${probe} `))
    if (found === undefined) throw new Error(`no probe ${probe} on ${target}`)
    return found.state
  }

  /**
   * From now on; questions under way are answered as was settled when they were asked. `where`: a target or one address of
   * it; `probe`: to that one alone.
   */
  set(where: string, behaviour: Behaviour, probe?: string): void {
    const probes = probe === undefined ? this.#probes.map(({ name }) => name) : [probe]
    for (const address of this.#addressesOf(where)) {
      for (const name of probes) this.#behaviour.set(`${name} ${address}`, behaviour)
    }
  }

  path(where: string, path: Path): void {
    for (const address of this.#addressesOf(where)) this.#path.set(address, path)
  }

  /** The monitor's own network, or one family of it: without it every question goes unanswered. */
  network(works: boolean, family?: 4 | 6): void {
    for (const each of family === undefined ? ([4, 6] as const) : [family]) {
      if (works) this.#deaf.delete(each)
      else this.#deaf.add(each)
    }
  }

  override(target: string, override: Override | undefined): void {
    if (override === undefined) this.#overrides.delete(target)
    else this.#overrides.set(target, override)
    this.#decide()
  }

  /** What a restart would find on disk. */
  keep(): unknown {
    const health = Object.fromEntries(this.#watches.map(({ key, state }) => [key, state]))
    return JSON.parse(JSON.stringify({ health, policy: this.#policy }))
  }

  run(forMs: number): this {
    const endMs = this.#nowMs + forMs
    for (;;) {
      let next: Watch | undefined
      for (const watch of this.#watches) if (next === undefined || watch.dueMs < next.dueMs) next = watch
      const reviewMs = this.#reviewAtMs ?? Number.POSITIVE_INFINITY
      const atMs = Math.min(reviewMs, next?.dueMs ?? Number.POSITIVE_INFINITY)
      if (atMs > endMs) break
      this.#nowMs = Math.max(this.#nowMs, atMs)
      if (next === undefined || reviewMs <= next.dueMs) this.#decide()
      else if (next.pending === undefined) this.#ask(next)
      else this.#take(next, next.pending)
    }
    this.#nowMs = endMs
    return this
  }

  #ask(watch: Watch): void {
    this.#hearLate(watch)
    const { line } = watch
    const keptUntilMs = line.keptUntilMs(watch, this.#nowMs)
    if (keptUntilMs !== undefined) {
      watch.dueMs = keptUntilMs
      return
    }
    line.pace.note(this.#nowMs)
    const { outcome: pending, afterMs, spuriousMs } = this.#answer(watch)
    if (spuriousMs !== undefined) watch.spuriousAtMs = this.#nowMs + spuriousMs
    watch.asking = true
    watch.askedMs = this.#nowMs
    watch.pending = pending
    watch.dueMs = this.#nowMs + afterMs
    this.#lookAgain(watch)
  }

  /** The next question ends the wait for it, and nothing before that goes by what it says. */
  #hearLate(watch: Watch): void {
    const { spuriousAtMs, state, probe } = watch
    delete watch.spuriousAtMs
    if (spuriousAtMs === undefined || spuriousAtMs > this.#nowMs) return
    watch.state = provedSpurious(state)
    watch.budget = budgetOf(watch.state, probe, 1)
  }

  #answer(watch: Watch): Answer {
    const { address, probe, family = 4 } = watch
    const behaviour = this.#deaf.has(family)
      ? 'silent'
      : (this.#behaviour.get(`${probe.name} ${address}`) ?? 'answers')
    return answerOf(watch, behaviour, this.#path.get(address) ?? CLEAN, this.#nowMs, this.#random)
  }

  #take(watch: Watch, seen: Outcome): void {
    delete watch.pending
    watch.asking = false
    this.asked++
    if (seen.reason === 'timeout') this.unanswered++
    const before = watch.state
    const others = () =>
      this.#watches.filter((one) => one !== watch && one.address === watch.address).map((one) => one.state)
    const state = step(before, seen, watch.probe, this.#nowMs, endsOutage(before, seen, others))
    watch.state = state
    watch.budget = budgetOf(state, watch.probe, 1)
    watch.expected = state.fails > 0 && evidenceOf(seen) !== 'hard' ? 2 : 1
    if (state.status !== before.status) {
      this.moves.push({ atMs: this.#nowMs, key: watch.key, status: state.status })
    }
    const elapsedMs = this.#nowMs - watch.askedMs
    const delayMs = nextDelayMs({ state, outcome: seen, probe: watch.probe, elapsedMs, random: this.#random })
    watch.wishMs = this.#nowMs + delayMs
    watch.dueMs = watch.wishMs
    this.#lookAgain(watch)
    const doubtful = this.#outlook.sight.kind !== 'clear' || this.#outlook.lostFamilies.length > 0
    if (!doubtful && !isNews(before, state)) return
    this.#look()
    this.#decide()
  }

  #lookAgain({ line }: Watch): void {
    for (const waiting of line.released()) waiting.dueMs = this.#nowMs
  }

  /** As an engine does: silence that nobody disproves is held, and whoever could disprove it is asked at once. */
  #look(): void {
    const { sight: before, lostFamilies } = this.#outlook
    const after = outlookOf(this.#watches, this.#nowMs)
    const { sight } = after
    this.#outlook = sight.kind === 'unproven' ? { sight, lostFamilies } : after
    if (before.kind === 'lost' && sight.kind !== 'lost') this.#forgetSince(before.lastHeardMs)
    for (const lost of sight.kind === 'clear' ? lostFamilies : []) {
      if (!after.lostFamilies.some(({ family }) => family === lost.family)) {
        this.#forgetSince(lost.lastHeardMs, lost.family)
      }
    }
    if (sight.kind === 'unproven') {
      for (const watch of this.#watches) {
        if (!sight.ask.includes(watch.id) || watch.pending !== undefined) continue
        watch.wishMs = Math.min(watch.wishMs, this.#nowMs)
        watch.dueMs = this.#nowMs
      }
    }
  }

  #forgetSince(lastHeardMs: number, family?: 4 | 6): void {
    for (const watch of this.#watches) {
      if (family !== undefined && watch.family !== family) continue
      watch.state = forgetBlindness(watch.state, lastHeardMs, this.#nowMs)
    }
  }

  #decide(): void {
    const { sight, lostFamilies } = this.#outlook
    if (sight.kind === 'unproven' && this.#nowMs < sight.untilMs) {
      this.#reviewAtMs = sight.untilMs
      return
    }
    const nowMs = this.#nowMs
    const verdicts = this.#pool.targets.map((target) =>
      judge({
        target,
        probes: this.#probes.map((probe) => ({
          ...probe,
          onFail: this.#pool.planes?.[probe.plane ?? 'control'] ?? probe.onFail,
        })),
        vantages: [
          {
            node: 'ns1',
            health: (probe, address) => this.#healthOf(`${target.name} ${probe} ${address}`, lostFamilies),
          },
        ],
        override: this.#overrides.get(target.name),
        nowMs,
      }),
    )
    const view = this.#pool.probes.join('+')
    const context = { nowMs, blind: sight.kind === 'lost' }
    const { decision, state, reviewAtMs } = decide(this.#pool, view, verdicts, this.#policy, context)
    this.#policy = state
    this.#reviewAtMs = reviewAtMs
    const last = this.decisions.at(-1)?.decision
    if (last !== undefined && isDeepStrictEqual(answered(last), answered(decision))) return
    this.decisions.push({ atMs: nowMs, decision, brief: briefly(decision, this.#pool) })
  }

  #healthOf(key: string, lostFamilies: readonly LostFamily[]): HealthState | undefined {
    const watch = this.#byKey.get(key)
    const lost = lostFamilies.find(({ family }) => family === watch?.family)
    if (watch === undefined || lost === undefined) return watch?.state
    return forgetBlindness(watch.state, lost.lastHeardMs, this.#nowMs)
  }

  #addressesOf(where: string): readonly string[] {
    const target = this.#pool.targets.find(({ name }) => name === where)
    if (target !== undefined) return target.addresses
    if (this.#watches.some(({ address }) => address === where)) return [where]
    throw new Error(`no target and no address ${where}`)
  }
}
