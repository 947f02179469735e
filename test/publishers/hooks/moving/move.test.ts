import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { silentLogger, type Timers } from '../../../../src/core/ports.ts'
import { HookError } from '../../../../src/publishers/hooks/error.ts'
import { defineMovingHook } from '../../../../src/publishers/hooks/moving/hook.ts'
import type { Movable } from '../../../../src/publishers/hooks/moving/move.ts'
import { DSL, decision, LTE } from '../../../support/hook-driver.ts'
import { runHooks } from '../../../support/hook-runner.ts'

const HOLDERS = { dsl: 'A', lte: 'B' }

/** A cloud that carries an order out some time after it took it, whether or not whoever gave it still listens; one at a time. */
class SlowCloud implements Movable {
  readonly what = 'address'
  at = 'A'
  readonly orders: string[] = []
  /** Takes orders, and forgets them. */
  forgetful = false
  readonly #timers: Timers
  readonly #takesMs: number
  #busy = false

  constructor(timers: Timers, takesMs: number) {
    this.#timers = timers
    this.#takesMs = takesMs
  }

  async holder(): Promise<string> {
    return this.at
  }

  async move(holder: string, signal: AbortSignal): Promise<void> {
    if (this.#busy) throw new HookError('failed', 'another order is under way')
    this.#busy = true
    this.orders.push(holder)
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new HookError('stopped', 'stopped')))
      this.#timers.after(this.#takesMs, () => {
        this.#busy = false
        if (!this.forgetful) this.at = holder
        resolve()
      })
    })
  }
}

/** The hook on that cloud, driven by the runner at virtual time. */
function follow(takesMs: number) {
  const lab = runHooks({
    mover: {
      takes: 'newest',
      timeoutMs: 30_000,
      retries: 20,
      act: (event, context) => hook.run(event, context),
    },
  })
  const cloud = new SlowCloud(lab.time, takesMs)
  const definition = defineMovingHook({
    kind: 'test',
    summary: 'Moves it.',
    options: z.strictObject({ holders: z.record(z.string(), z.string()) }),
    defaultTimeoutMs: 30_000,
    secrets: () => [],
    movable: () => cloud,
  })
  const { time } = lab
  const deps = { name: 'mover', node: 'ns1', clock: time, timers: time, logger: silentLogger, targets: [] }
  const hook = definition.create({ holders: HOLDERS }, deps)
  return { ...lab, cloud }
}

it.each([50, 900, 4_000])(
  'a failover that is taken back within a second leaves it where it belongs, though the first order takes %i ms',
  async (takesMs) => {
    const { runner, time, cloud } = follow(takesMs)
    runner.take(decision(LTE))
    await time.advance(10)
    expect(cloud.orders).toEqual(['B'])
    runner.take(decision(DSL, { mode: 'normal' }))
    await time.advance(120_000)
    expect(cloud.at).toBe('A')
    expect(time.pending).toBe(0)
  },
)

it('it stays where nobody serves: there is nowhere that it belongs', async () => {
  const { runner, time, cloud, told } = follow(50)
  runner.take(decision({}))
  await time.advance(1_000)
  expect(cloud.orders).toEqual([])
  expect(told).toMatchObject([{ type: 'hook.ran', detail: 'address stays: no target is active' }])
})

it('a move that was taken and does not show is no success, and is tried again', async () => {
  const { runner, time, cloud, told, logger } = follow(50)
  cloud.forgetful = true
  runner.take(decision(LTE))
  await time.advance(28_000)
  expect(told).toEqual([])
  expect(logger.messagesOf('hook.retry').join()).toContain('address was moved to B, but it is at A')
  cloud.forgetful = false
  await time.advance(60_000)
  expect([cloud.at, told.length]).toEqual(['B', 1])
  expect(told).toMatchObject([{ type: 'hook.ran' }])
})

it('it is refused where it belongs to somebody who can have none', async () => {
  const { runner, time, cloud, told } = follow(50)
  runner.take(decision({ other: ['192.0.2.99'] }))
  await time.advance(1_000)
  expect(cloud.orders).toEqual([])
  expect(told).toMatchObject([
    {
      type: 'hook.failed',
      attempts: 1,
      detail: 'nobody can have address: no holder is configured for other',
    },
  ])
})

it('an order that was broken off and never came is waited for once', async () => {
  const { runner, time, told } = follow(3_600_000)
  runner.take(decision(LTE))
  await time.advance(10)
  runner.take(decision(DSL))
  await time.advance(15_000)
  expect(told).toHaveLength(1)
  runner.take(decision(DSL))
  await time.advance(10)
  expect(told).toHaveLength(2)
})

it('what was ordered and seen to come is not waited for again', async () => {
  const { runner, time, cloud, told } = follow(50)
  for (const where of [LTE, DSL, DSL]) {
    runner.take(decision(where))
    await time.advance(2_000)
  }
  expect(cloud.orders).toEqual(['B', 'A'])
  expect(told).toMatchObject([
    { type: 'hook.ran' },
    { type: 'hook.ran' },
    { detail: 'address is at A already' },
  ])
})

it('it ends where the newest decision says, however slow the cloud and however fast the decisions (random histories)', async () => {
  const step = fc.record({ where: fc.constantFrom('dsl' as const, 'lte' as const), waitMs: fc.nat(3_000) })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(6_000),
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (takesMs, history) => {
        const { runner, time, cloud } = follow(takesMs)
        for (const { where, waitMs } of history) {
          runner.take(decision(where === 'dsl' ? DSL : LTE))
          await time.advance(waitMs)
        }
        await time.advance(600_000)
        expect(cloud.at).toBe(HOLDERS[history.at(-1)?.where ?? 'dsl'])
        expect(time.pending).toBe(0)
      },
    ),
    { seed: 20_266, numRuns: 200 },
  )
})
