import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Engine } from '../../src/app/engine.ts'
import { LbAnswers } from '../../src/app/lb-answers.ts'
import { type Memory, NO_MEMORY } from '../../src/app/memory.ts'
import { outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const HANDOVER_MS = 10_000
const TARGETS = ['sip1', 'sip2', 'sip3'] as const
const settings = settingsOf(`
node: ns1
lb: { handover: 10s }
probes:
  told: { type: push }
pools:
  edge:
    policy: failover
    probes: [told]
    failback: { mode: auto, delay: 1s }
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
      sip3: { address: 192.0.2.13, priority: 20 }
`)

/** One instance, its crashes, and a balancer that believes a 200 for exactly the hand-over. */
class World {
  readonly #time = new VirtualTime(1_800_000_000_000)
  readonly #yes = new Map<string, number>()
  #engine: Engine
  #lb: LbAnswers
  /** Answers of 200 in all, and hand-overs from one target to another. */
  yeses = 0
  handovers = 0
  #last: string | undefined

  constructor() {
    this.#engine = this.#begin(NO_MEMORY)
    this.#lb = this.#lbOfNow()
  }

  async pass(ms: number): Promise<void> {
    await this.#time.advance(ms)
  }

  report(target: string, up: boolean): void {
    for (const watch of this.#engine.roster.watches.values()) {
      if (watch.target.name !== target) continue
      for (let times = 0; times < 3; times++)
        this.#engine.observe(watch, outcome(up ? 'ok' : 'check-failed', { attempts: 1 }))
    }
    this.#engine.flush()
  }

  /** What was in memory alone is lost: `remembers` tells whether health was on disk. */
  crash(remembers: boolean): void {
    const memory = remembers ? this.#engine.memory() : NO_MEMORY
    this.#engine.stop()
    this.#engine = this.#begin(memory)
    this.#lb = this.#lbOfNow()
  }

  probe(target: string): void {
    const nowMs = this.#time.nowMs()
    const answer = this.#lb.answer(this.#engine, 'edge', target, settings.lb?.handoverMs)
    if (answer?.status !== 'active') return
    this.yeses++
    if (this.#last !== undefined && this.#last !== target) this.handovers++
    this.#last = target
    this.#yes.set(target, nowMs)
  }

  /** Targets that the balancer believes to be active now. */
  get believed(): string[] {
    const nowMs = this.#time.nowMs()
    return [...this.#yes].filter(([, atMs]) => nowMs - atMs < HANDOVER_MS).map(([name]) => name)
  }

  stop(): void {
    this.#engine.stop()
  }

  #begin(memory: Memory): Engine {
    const engine = new Engine(settings, memory, {
      clock: this.#time,
      timers: this.#time,
      logger: silentLogger,
      defer: (flush) => flush(),
      hasten: () => {},
      publish: () => {},
    })
    engine.flush()
    return engine
  }

  #lbOfNow(): LbAnswers {
    return new LbAnswers({ clock: this.#time, logger: silentLogger })
  }
}

type Step =
  | { kind: 'pass'; ms: number }
  | { kind: 'report'; target: string; up: boolean }
  | { kind: 'crash'; remembers: boolean }
  | { kind: 'probe'; target: string }

const target = fc.constantFrom(...TARGETS)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('probe' as const), target }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('report' as const), target, up: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), remembers: fc.boolean() }) },
)

test('no two targets are ever active at once, over 10,000 interleavings of reports, crashes and probes', async () => {
  const seen = { yeses: 0, handovers: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60, size: 'max' }), async (steps) => {
      const world = new World()
      for (const each of steps) {
        if (each.kind === 'pass') await world.pass(each.ms)
        else if (each.kind === 'report') world.report(each.target, each.up)
        else if (each.kind === 'crash') world.crash(each.remembers)
        else world.probe(each.target)
        expect(world.believed.length).toBeLessThanOrEqual(1)
      }
      seen.yeses += world.yeses
      seen.handovers += world.handovers
      world.stop()
    }),
    { numRuns: 10_000, seed: 6 },
  )
  // Always saying no would be safe, too, and of no use.
  expect(seen.yeses).toBeGreaterThan(10_000)
  expect(seen.handovers).toBeGreaterThan(1_000)
}, 120_000)
