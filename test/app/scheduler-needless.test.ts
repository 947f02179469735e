import { describe, expect, it } from 'vitest'
import { layOut } from '../../src/app/roster.ts'
import { Scheduler } from '../../src/app/scheduler.ts'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { provedSpurious } from '../../src/health/spurious.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const CONFIG = `
probes: { options: { type: sip-options, interval: 1s, timeout: 500ms } }
pools: { edge: { policy: failover, probes: [options], targets: { sip1: { address: 192.0.2.11 } } } }
`

interface Asked {
  readonly context: AskContext
  readonly atMs: number
  answer(seen: Outcome): Promise<void>
}

/** A scheduler whose questions are answered by hand; `told`: whether its prober's word on needless retransmissions is to be believed. */
async function set(told: 'told' | 'untold' = 'told') {
  const time = new VirtualTime(1_000_000)
  const [watch] = layOut(settingsOf(CONFIG)).watches.values()
  if (watch === undefined) throw new Error('one watch')
  const world = { time, watch, asked: [] as Asked[], state: initialHealth(0), takenBack: 0 }
  const prober: Prober = {
    ...(told === 'told' ? { tellsSpurious: true } : {}),
    roundTrips: 1,
    start: async () => {},
    close: async () => {},
    ask: (_target, _address, context) =>
      new Promise((resolve) => {
        const answer = async (seen: Outcome) => {
          resolve(seen)
          await time.advance(0)
        }
        world.asked.push({ context, atMs: time.nowMs(), answer })
      }),
  }
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
    logger: silentLogger,
    observe(_watch, seen): HealthState {
      world.state = step(world.state, seen, watch.probe, time.nowMs())
      return world.state
    },
    takeBackLoss() {
      world.takenBack++
      world.state = provedSpurious(world.state)
      return world.state
    },
  })
  scheduler.start(watch, prober, 0)
  await time.advance(0)
  return { ...world, world, scheduler, last: () => world.asked.at(-1) as Asked }
}

const doubled = outcome('ok', { attempts: 2 })

describe('a retransmission that proves needless', () => {
  it('takes back what the outcome taught, after it', async () => {
    const { world, last } = await set()
    const { context, atMs, answer } = last()
    await answer(doubled)
    expect(world.state.loss).toBeGreaterThan(0.2)
    context.onSpurious?.(atMs)
    expect(world).toMatchObject({ takenBack: 1, state: { loss: 0 } })
  })

  it('does so where the proof came first: a challenge answered twice while the question went on', async () => {
    const { world, last } = await set()
    const { context, atMs, answer } = last()
    context.onSpurious?.(atMs)
    expect(world.takenBack).toBe(0)
    await answer(doubled)
    expect(world).toMatchObject({ takenBack: 1, state: { loss: 0 } })
  })

  it('is heard of no more once the next question is on its way', async () => {
    const { world, time, last } = await set()
    const first = last()
    await first.answer(doubled)
    await time.advance(1000)
    expect(world.asked).toHaveLength(2)
    first.context.onSpurious?.(first.atMs)
    await last().answer(doubled)
    first.context.onSpurious?.(first.atMs)
    expect(world.takenBack).toBe(0)
    expect(world.state.loss).toBeGreaterThan(0.2)
  })

  it('makes the next question as patient as it was before, and no less', async () => {
    const { world, time, last } = await set()
    for (let round = 0; round < 10; round++) {
      await last().answer(outcome('ok', { attempts: 1, rttMs: 1 }))
      await time.advance(1000)
    }
    const { context, atMs, answer } = last()
    expect(context.retransmitMs).toBe(40)
    await answer(doubled)
    context.onSpurious?.(atMs)
    await time.advance(1000)
    // Karn: doubled until a question needs no retransmission.
    expect(last().context.retransmitMs).toBe(80)
    await last().answer(outcome('timeout', { attempts: 2 }))
    await time.advance(600)
    await last().answer(outcome('timeout', { attempts: 2 }))
    await time.advance(600)
    // The third silent question in a row is the last again: it waits for what the path still owes alone.
    expect(world.state).toMatchObject({ fails: 2, status: 'up' })
    expect(last().context.timeoutMs).toBeLessThan(100)
  })

  it('counts for nothing from a probe that does not tell whose transmissions it speaks of', async () => {
    const { world, last } = await set('untold')
    const { context, atMs, answer } = last()
    context.onSpurious?.(atMs)
    await answer(doubled)
    context.onSpurious?.(atMs)
    expect(world.takenBack).toBe(0)
  })

  it('counts for nothing once the watch has ended', async () => {
    const { world, scheduler, watch, last } = await set()
    const { context, atMs, answer } = last()
    await answer(doubled)
    scheduler.stop(watch.key)
    context.onSpurious?.(atMs)
    expect(world.takenBack).toBe(0)
  })
})
