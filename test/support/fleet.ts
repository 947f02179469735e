import { isDeepStrictEqual } from 'node:util'
import type { Decision } from '../../src/core/decision.ts'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome, type ReasonCode } from '../../src/core/outcome.ts'
import type { Random } from '../../src/core/ports.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'
import type { Override } from '../../src/core/verdict.ts'
import { nextDelayMs } from '../../src/health/cadence.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { forgetBlindness, type Sight, sightOf } from '../../src/health/sight.ts'
import { judge } from '../../src/health/verdict.ts'
import { decide } from '../../src/policy/decide.ts'
import type { PolicyState } from '../../src/policy/definition.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { briefly } from './pool-sim.ts'
import { seededRandom } from './virtual-time.ts'

/** What a server does with a question. `silent`: it is dead, or hangs behind an open port. A reason: it answers that at once. */
export type Behaviour = 'answers' | 'silent' | Exclude<ReasonCode, 'ok' | 'timeout'>

/** The way to and from one address. */
export interface Path {
  /** Chance that a packet is lost, each way. */
  readonly loss: number
  /** Round trip without jitter. */
  readonly rttMs: number
  /** Each way adds up to this much, evenly. */
  readonly jitterMs: number
}

export const CLEAN: Path = { loss: 0, rttMs: 20, jitterMs: 0 }

export interface FleetOptions {
  readonly pool: PoolSettings
  readonly probes: readonly ProbeSettings[]
  readonly seed?: number
  readonly startMs?: number
  /** What an earlier fleet kept, as it comes from disk. */
  readonly kept?: unknown
}

export interface Entry {
  readonly atMs: number
  readonly decision: Decision
  readonly brief: string
}

interface Watch {
  readonly key: string
  readonly id: string
  readonly address: string
  readonly probe: ProbeSettings
  dueMs: number
  startedMs?: number
  pending?: Outcome
}

interface Kept {
  readonly health: Readonly<Record<string, HealthState>>
  readonly policy: unknown
}

/**
 * A pool of scripted servers asked at virtual time: no sockets, no timers, only the pure middle in the order in which an engine
 * drives it (step, sight, judge, decide). The same seed gives the same run. Times in epoch milliseconds.
 */
export class Fleet {
  readonly decisions: Entry[] = []
  /** Every change of a health's status, as `atMs key status`. */
  readonly moves: { readonly atMs: number; readonly key: string; readonly status: string }[] = []
  readonly #pool: PoolSettings
  readonly #probes: readonly ProbeSettings[]
  readonly #random: Random
  readonly #watches: Watch[] = []
  readonly #health = new Map<string, HealthState>()
  readonly #behaviour = new Map<string, Behaviour>()
  readonly #path = new Map<string, Path>()
  readonly #overrides = new Map<string, Override>()
  #policy: PolicyState | undefined
  #sight: Sight = { kind: 'clear' }
  #network = true
  #nowMs: number
  #reviewAtMs: number | undefined

  constructor({ pool, probes, seed = 1, startMs = 0, kept }: FleetOptions) {
    this.#pool = pool
    this.#probes = probes
    this.#random = seededRandom(seed)
    this.#nowMs = startMs
    const saved = kept as Kept | undefined
    for (const target of pool.targets) {
      for (const address of target.addresses) {
        for (const probe of probes) {
          const key = `${target.name} ${probe.name} ${address}`
          const dueMs = startMs + this.#random.next() * probe.intervalMs
          this.#watches.push({ key, id: `${target.id} ${address}`, address, probe, dueMs })
          this.#health.set(key, saved?.health[key] ?? initialHealth(startMs))
        }
      }
    }
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
    const found = [...this.#health].find(([key]) => key.startsWith(`${target} ${probe} `))
    if (found === undefined) throw new Error(`no probe ${probe} on ${target}`)
    return found[1]
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

  /** The monitor's own network: without it every question goes unanswered. */
  network(works: boolean): void {
    this.#network = works
  }

  override(target: string, override: Override | undefined): void {
    if (override === undefined) this.#overrides.delete(target)
    else this.#overrides.set(target, override)
    this.#decide()
  }

  /** What a restart would find on disk. */
  keep(): unknown {
    return JSON.parse(JSON.stringify({ health: Object.fromEntries(this.#health), policy: this.#policy }))
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
    const { outcome: pending, afterMs } = this.#answerOf(watch)
    watch.startedMs = this.#nowMs
    watch.pending = pending
    watch.dueMs = this.#nowMs + afterMs
  }

  /** RFC 3261 over UDP within the probe's time-out: one retransmission halfway. */
  #answerOf({ address, probe }: Watch): { outcome: Outcome; afterMs: number } {
    const behaviour = this.#behaviour.get(`${probe.name} ${address}`) ?? 'answers'
    const { loss, rttMs, jitterMs } = this.#path.get(address) ?? CLEAN
    const secondMs = probe.timeoutMs / 2
    let answeredMs = Number.POSITIVE_INFINITY
    for (const sentMs of [0, secondMs]) {
      const lost = this.#random.next() < loss || this.#random.next() < loss
      const travelMs = rttMs + (this.#random.next() + this.#random.next()) * jitterMs
      if (!lost) answeredMs = Math.min(answeredMs, sentMs + travelMs)
    }
    if (behaviour === 'silent' || !this.#network || answeredMs > probe.timeoutMs) {
      const detail = `no answer in ${probe.timeoutMs} ms`
      return { outcome: outcome('timeout', { attempts: 2, detail }), afterMs: probe.timeoutMs }
    }
    const reason = behaviour === 'answers' ? 'ok' : behaviour
    return { outcome: outcome(reason, { attempts: answeredMs > secondMs ? 2 : 1 }), afterMs: answeredMs }
  }

  #take(watch: Watch, seen: Outcome): void {
    delete watch.pending
    const before = this.#healthOf(watch.key)
    const state = step(before, seen, watch.probe, this.#nowMs)
    this.#health.set(watch.key, state)
    if (state.status !== before.status) {
      this.moves.push({ atMs: this.#nowMs, key: watch.key, status: state.status })
    }
    const elapsedMs = this.#nowMs - (watch.startedMs ?? this.#nowMs)
    const delayMs = nextDelayMs({ state, outcome: seen, probe: watch.probe, elapsedMs, random: this.#random })
    watch.dueMs = this.#nowMs + delayMs
    this.#look()
    this.#decide()
  }

  /** As an engine does: silence that nobody disproves is held, and whoever could disprove it is asked at once. */
  #look(): void {
    const watched = this.#watches.map(({ key, id }) => ({ id, state: this.#healthOf(key) }))
    const before = this.#sight
    this.#sight = sightOf(watched, this.#nowMs)
    if (before.kind === 'lost' && this.#sight.kind !== 'lost') {
      for (const [key, state] of this.#health) {
        this.#health.set(key, forgetBlindness(state, before.lastHeardMs, this.#nowMs))
      }
    }
    if (this.#sight.kind === 'unproven') {
      for (const watch of this.#watches) {
        if (this.#sight.ask.includes(watch.id) && watch.pending === undefined) watch.dueMs = this.#nowMs
      }
    }
  }

  #decide(): void {
    if (this.#sight.kind === 'unproven' && this.#nowMs < this.#sight.untilMs) {
      this.#reviewAtMs = this.#sight.untilMs
      return
    }
    const nowMs = this.#nowMs
    const verdicts = this.#pool.targets.map((target) =>
      judge({
        target,
        probes: this.#probes,
        vantages: [
          { node: 'ns1', health: (probe, address) => this.#healthOf(`${target.name} ${probe} ${address}`) },
        ],
        override: this.#overrides.get(target.name),
        nowMs,
      }),
    )
    const view = this.#pool.probes.join('+')
    const context = { nowMs, blind: this.#sight.kind === 'lost' }
    const { decision, state, reviewAtMs } = decide(this.#pool, view, verdicts, this.#policy, context)
    this.#policy = state
    this.#reviewAtMs = reviewAtMs
    const last = this.decisions.at(-1)?.decision
    if (last !== undefined && isDeepStrictEqual(answered(last), answered(decision))) return
    this.decisions.push({ atMs: nowMs, decision, brief: briefly(decision, this.#pool) })
  }

  #healthOf(key: string): HealthState {
    return this.#health.get(key) ?? initialHealth(this.#nowMs)
  }

  #addressesOf(where: string): readonly string[] {
    const target = this.#pool.targets.find(({ name }) => name === where)
    if (target !== undefined) return target.addresses
    if (this.#watches.some(({ address }) => address === where)) return [where]
    throw new Error(`no target and no address ${where}`)
  }
}

/** What a decision answers; suspicion and words move more often. */
function answered({ mode, members, active }: Decision): unknown {
  return { mode, members, active }
}
