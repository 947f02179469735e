import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SipvaneEvent } from '../../../../src/core/event.ts'
import type { HookContext } from '../../../../src/publishers/hooks/definition.ts'
import { HookError } from '../../../../src/publishers/hooks/error.ts'
import { QUEUE_MAX } from '../../../../src/publishers/hooks/runner/lane.ts'
import { decision, eventOf, LTE } from '../../../support/hook-driver.ts'
import { type Act, failWith, hang, runHooks } from '../../../support/hook-runner.ts'

const ids = (events: readonly SipvaneEvent[]) => events.map(({ id }) => id)

describe('hooks', () => {
  it('that hang hold up neither who tells nor another hook, and end at their deadline', async () => {
    const seen: SipvaneEvent[] = []
    const { runner, time, logger } = runHooks({
      hanging: { act: hang, retries: 0 },
      good: { act: async (event) => void seen.push(event) },
    })
    const events = [decision(LTE), decision(LTE), decision(LTE)]
    for (const event of events) runner.take(event)
    await time.advance(10)
    expect(ids(seen)).toEqual(ids(events))
    await time.advance(5_100)
    expect(logger.messagesOf('hook.failed')).toEqual([
      'hook hanging failed at decision.changed of office for good after 1 attempts: no end within 5000 ms',
    ])
  })

  it('that throw what they must not are told of as a fault of theirs', async () => {
    const { runner, time, told } = runHooks({
      broken: {
        retries: 0,
        act: () => {
          throw new TypeError('x is undefined')
        },
      },
    })
    runner.take(decision(LTE))
    await time.advance(10)
    expect(told).toMatchObject([{ type: 'hook.failed', detail: 'a fault of the hook: x is undefined' }])
  })

  it('are tried again with growing random pauses, then given up', async () => {
    const at: number[] = []
    const { runner, time, logger, told } = runHooks({
      a: {
        retries: 4,
        act: async () => {
          at.push(time.nowMs())
          throw new HookError('unreachable', 'no')
        },
      },
    })
    runner.take(decision(LTE))
    await time.advance(120_000)
    expect(at).toHaveLength(5)
    for (const [index, ms] of at.slice(1).entries())
      expect(ms - (at[index] ?? 0)).toBeLessThanOrEqual(1_000 * 2 ** index)
    expect(logger.messagesOf('hook.retry')).toHaveLength(4)
    expect(told).toMatchObject([{ type: 'hook.failed', hook: 'a', attempts: 5 }])
  })

  it('wait at least as long as the far end asks for', async () => {
    let calls = 0
    const { runner, time } = runHooks({
      a: {
        act: async () => {
          calls++
          if (calls === 1) throw new HookError('throttled', 'slow down', { retryAfterMs: 30_000 })
        },
      },
    })
    runner.take(decision(LTE))
    await time.advance(29_000)
    expect(calls).toBe(1)
    await time.advance(2_000)
    expect(calls).toBe(2)
  })

  it('are not tried again where that cannot help', async () => {
    const { runner, time, told } = runHooks({ a: { act: failWith('credentials') } })
    runner.take(decision(LTE))
    await time.advance(120_000)
    expect(told).toMatchObject([{ type: 'hook.failed', attempts: 1 }])
  })

  it('that fall behind keep a bounded queue: the oldest events go, and the log says so once', async () => {
    const { runner, time, logger } = runHooks({ a: { act: hang, timeoutMs: 600_000 } })
    for (let index = 0; index < QUEUE_MAX + 60; index++) runner.take(decision(LTE))
    await time.advance(10)
    expect(logger.messagesOf('hook.dropped')).toHaveLength(1)
    await runner.close()
    expect(time.pending).toBe(0)
  })

  it('let go of the oldest events, and of those who wait for them', async () => {
    const ran: Record<string, string[]> = { slow: [], pbx: [] }
    const { runner, time } = runHooks({
      slow: {
        on: ['decision.changed', 'zone.changed'],
        timeoutMs: 10_000,
        retries: 0,
        act: async (event, context) => {
          ran.slow?.push(event.id)
          if (ran.slow?.length === 1) await hang(event, context)
        },
      },
      pbx: { after: ['slow'], act: async (event) => void ran.pbx?.push(event.id) },
    })
    const [first, second] = [decision(LTE), decision(LTE)]
    const zone = () => eventOf({ type: 'zone.changed', zone: 'example.com.', serial: 1 })
    const many = Array.from({ length: QUEUE_MAX }, zone)
    for (const event of [first, second, ...many]) {
      runner.take(event)
      await time.advance(0)
    }
    await time.advance(20_000)
    // The first was under way; the second found no place.
    expect(ran.slow).toEqual([first.id, ...ids(many)])
    expect(ran.pbx).toEqual([first.id, second.id])
  })

  it('are told of a dry run as one', async () => {
    const seen: boolean[] = []
    const act: Act = async (_, { dryRun }) => void seen.push(dryRun)
    const { runner, time } = runHooks({ a: { dryRun: true, act }, b: { act } })
    runner.take(decision(LTE))
    await time.advance(10)
    expect(seen).toEqual([true, false])
  })

  it('do nothing any more once they are closed', async () => {
    const seen: string[] = []
    const { runner, time } = runHooks({ a: { act: async ({ id }) => void seen.push(id) } })
    await runner.close()
    runner.take(decision(LTE))
    await time.advance(10)
    expect(seen).toEqual([])
  })
})

describe('hooks that keep the world as a decision says', () => {
  it('pass over what was overtaken, and stop what is under way for it', async () => {
    const ran: string[] = []
    const stopped: string[] = []
    const { runner, time, logger } = runHooks({
      mover: {
        takes: 'newest',
        act: async (event, { signal }) => {
          ran.push(event.id)
          signal.addEventListener('abort', () => stopped.push(event.id))
          if (ran.length === 1) await hang(event, {} as HookContext)
        },
      },
    })
    const [first, second, third] = [decision(LTE), decision(LTE), decision(LTE)]
    runner.take(first)
    await time.advance(10)
    runner.take(second)
    runner.take(third)
    await time.advance(10)
    expect(ran).toEqual([first.id, third.id])
    expect(stopped[0]).toBe(first.id)
    expect(logger.messagesOf('hook.passed-over')).toHaveLength(1)
    expect(logger.messagesOf('hook.stopped')).toHaveLength(1)
  })

  it('stopped in a pause between attempts are audited as well; stopped before the first, they were passed over', async () => {
    const { runner, time, logger } = runHooks({
      mover: {
        takes: 'newest',
        act: async (_, { step }) => {
          step('moved half of it')
          throw new HookError('throttled', 'slow down', { retryAfterMs: 60_000 })
        },
      },
      waiting: { takes: 'newest', after: ['first'], act: async () => {} },
      first: { act: hang, timeoutMs: 20_000, retries: 0 },
    })
    runner.take(decision(LTE))
    await time.advance(10_000)
    runner.take(decision(LTE))
    await time.advance(10)
    expect(logger.messagesOf('hook.stopped')).toEqual([
      'hook mover stopped in the middle of decision.changed of office',
    ])
    expect(logger.events.find(({ event }) => event === 'hook.stopped')?.fields).toMatchObject({
      attempts: 1,
      steps: ['moved half of it'],
    })
    expect(logger.messagesOf('hook.passed-over')).toEqual(['waiting: a newer event came'])
    expect(runner.report()).toMatchObject({
      mover: { runs: { stopped: 1 }, passedOver: 0 },
      waiting: { runs: { ran: 0, stopped: 0 }, passedOver: 1 },
    })
    await runner.close()
    expect(time.pending).toBe(0)
  })

  it('leave the decisions of other pools in their queue', async () => {
    const ran: string[] = []
    const { runner, time } = runHooks({
      mover: { takes: 'newest', act: async (event) => void ran.push(event.id) },
    })
    const events = [decision(LTE, { pool: 'a' }), decision(LTE, { pool: 'b' }), decision(LTE, { pool: 'c' })]
    for (const event of events) runner.take(event)
    await time.advance(10)
    expect(ran).toEqual(ids(events))
  })

  it('end with the newest decision, whatever came before (random histories)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.nat(4_000), tookMs: fc.nat(9_000), fails: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (history) => {
          let world = ''
          const plan = new Map<string, { tookMs: number; fails: boolean }>()
          const { runner, time } = runHooks({
            mover: {
              takes: 'newest',
              retries: 20,
              act: async (event, { signal }) => {
                const step = plan.get(event.id)
                await new Promise<void>((resolve) => time.after(step?.tookMs ?? 0, resolve))
                if (signal.aborted) throw new HookError('stopped', 'stopped')
                if (step?.fails === true) {
                  plan.set(event.id, { tookMs: 1, fails: false })
                  throw new HookError('failed', 'no')
                }
                world = event.id
              },
            },
          })
          let last = ''
          for (const { waitMs, tookMs, fails } of history) {
            const event = decision(LTE)
            plan.set(event.id, { tookMs: Math.min(tookMs, 4_900), fails })
            runner.take(event)
            last = event.id
            await time.advance(waitMs)
          }
          await time.advance(3_600_000)
          expect(world).toBe(last)
          expect(time.pending).toBe(0)
        },
      ),
      { seed: 20_262, numRuns: 100 },
    )
  })
})
