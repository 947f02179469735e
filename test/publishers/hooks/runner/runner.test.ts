import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventFacts, SipvaneEvent } from '../../../../src/core/event.ts'
import type { HookSettings } from '../../../../src/core/settings.ts'
import type { Hook, HookContext, HookDefinition } from '../../../../src/publishers/hooks/definition.ts'
import { HookError, type HookFault } from '../../../../src/publishers/hooks/error.ts'
import { QUEUE_MAX } from '../../../../src/publishers/hooks/runner/lane.ts'
import { HookRunner } from '../../../../src/publishers/hooks/runner/runner.ts'
import { decision, eventOf, LTE } from '../../../support/hook-driver.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { seededRandom, VirtualTime } from '../../../support/virtual-time.ts'

type Act = (event: SipvaneEvent, context: HookContext) => Promise<void>

interface Spec extends Partial<HookSettings> {
  readonly act: Act
  readonly takes?: HookDefinition['takes']
  readonly secrets?: readonly string[]
}

function set(specs: Readonly<Record<string, Spec>>) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const told: EventFacts[] = []
  const hooks = Object.entries(specs).map(([name, { act, takes = 'each', secrets = [], ...more }]) => {
    const settings: HookSettings = {
      name,
      kind: 'test',
      on: ['decision.changed'],
      pools: [],
      after: [],
      timeoutMs: 5_000,
      retries: 3,
      rate: { max: 1_000, perMs: 60_000 },
      dryRun: false,
      options: {},
      ...more,
    }
    const hook: Hook = { run: act, check: async () => [] }
    return { settings, hook, definition: { takes, secrets: () => secrets } as unknown as HookDefinition }
  })
  const runner = new HookRunner(hooks, {
    clock: time,
    timers: time,
    random: seededRandom(1),
    logger,
    tell: (facts) => told.push(facts),
  })
  return { time, logger, told, runner }
}

const hang: Act = () => new Promise(() => {})
const fail =
  (fault: HookFault): Act =>
  async () => {
    throw new HookError(fault, 'no')
  }
const ids = (events: readonly SipvaneEvent[]) => events.map(({ id }) => id)

describe('hooks', () => {
  it('that hang hold up neither who tells nor another hook, and end at their deadline', async () => {
    const seen: SipvaneEvent[] = []
    const { runner, time, logger } = set({
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
    const { runner, time, told } = set({
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
    const { runner, time, logger, told } = set({
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
    const { runner, time } = set({
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
    const { runner, time, told } = set({ a: { act: fail('credentials') } })
    runner.take(decision(LTE))
    await time.advance(120_000)
    expect(told).toMatchObject([{ type: 'hook.failed', attempts: 1 }])
  })

  it('run no more often than their rate, and miss nothing', async () => {
    const at: number[] = []
    const { runner, time } = set({
      a: { rate: { max: 2, perMs: 10_000 }, act: async () => void at.push(time.nowMs() - 1_000_000) },
    })
    for (let index = 0; index < 5; index++) runner.take(decision(LTE))
    await time.advance(30_000)
    expect(at).toEqual([0, 0, 10_000, 10_000, 20_000])
  })

  it('that fall behind keep a bounded queue: the oldest events go, and the log says so once', async () => {
    const { runner, time, logger } = set({ a: { act: hang, timeoutMs: 600_000 } })
    for (let index = 0; index < QUEUE_MAX + 60; index++) runner.take(decision(LTE))
    await time.advance(10)
    expect(logger.messagesOf('hook.dropped')).toHaveLength(1)
    await runner.close()
    expect(time.pending).toBe(0)
  })
})

describe('hooks that keep the world as a decision says', () => {
  it('pass over what was overtaken, and stop what is under way for it', async () => {
    const ran: string[] = []
    const stopped: string[] = []
    const { runner, time, logger } = set({
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

  it('leave the decisions of other pools in their queue', async () => {
    const ran: string[] = []
    const { runner, time } = set({
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
          const { runner, time } = set({
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

describe('the order of hooks', () => {
  it('is kept by `after`, whether the first worked or not', async () => {
    const order: string[] = []
    const { runner, time } = set({
      pbx: { after: ['route'], act: async () => void order.push('pbx') },
      route: {
        retries: 0,
        act: async () => {
          await new Promise<void>((resolve) => time.after(2_000, resolve))
          order.push('route')
          throw new HookError('refused', 'no')
        },
      },
    })
    runner.take(decision(LTE))
    await time.advance(1_000)
    expect(order).toEqual([])
    await time.advance(2_000)
    expect(order).toEqual(['route', 'pbx'])
  })

  it('does not wait for a hook that does not want the event', async () => {
    const order: string[] = []
    const { runner, time } = set({
      pbx: { after: ['route'], act: async () => void order.push('pbx') },
      route: { on: ['sight.lost'], act: hang },
    })
    runner.take(decision(LTE))
    await time.advance(10)
    expect(order).toEqual(['pbx'])
  })
})

describe('what a hook is given', () => {
  const taken = async (settings: Partial<HookSettings>, event: SipvaneEvent) => {
    const seen: SipvaneEvent[] = []
    const { runner, time } = set({ a: { ...settings, act: async (one) => void seen.push(one) } })
    runner.take(event)
    await time.advance(10)
    return seen.length > 0
  }

  it.each([
    ['a decision of its pool', { pools: ['office'] }, decision(LTE), true],
    ['a decision of another pool', { pools: ['other'] }, decision(LTE), false],
    ['a decision by a subset of the probes', {}, decision(LTE, { whole: false }), false],
    ['an event that it did not ask for', { on: ['sight.lost'] as const }, decision(LTE), false],
    [
      'an event of no pool, for every pool',
      { on: ['sight.lost'] as const },
      eventOf({ type: 'sight.lost', watched: 1 }),
      true,
    ],
    [
      'an event of no pool, for one pool',
      { on: ['sight.lost'] as const, pools: ['office'] },
      eventOf({ type: 'sight.lost', watched: 1 }),
      false,
    ],
    ['its own report', { on: ['hook.failed'] as const }, report('a'), false],
    ["another hook's report", { on: ['hook.failed'] as const }, report('b'), true],
  ] as const)('%s', async (_, settings, event, expected) => {
    expect(await taken(settings, event)).toBe(expected)
  })

  function report(hook: string): SipvaneEvent {
    const rest = { kind: 'test', of: '1', detail: '', attempts: 1, tookMs: 1, dryRun: false }
    return eventOf({ type: 'hook.failed', hook, ...rest })
  }

  it('by a report makes no further report: hooks on hooks end', async () => {
    const { runner, time, told, logger } = set({
      a: { on: ['hook.failed'], act: async () => {} },
    })
    runner.take(report('b'))
    await time.advance(10)
    expect(told).toEqual([])
    expect(logger.messagesOf('hook.ran')).toHaveLength(1)
  })
})

describe('the audit line', () => {
  it('tells who did what about which event, how long it took, and holds no secret', async () => {
    const { runner, time, logger, told } = set({
      a: {
        secrets: ['s3cret-value'],
        dryRun: true,
        act: async (_, { step }) => {
          step('said s3cret-value to it')
          step('bell \u0007')
        },
      },
      b: {
        secrets: ['s3cret-value'],
        retries: 0,
        act: async () => {
          throw new Error('https://x/?key=s3cret-value')
        },
      },
    })
    const event = decision(LTE)
    runner.take(event)
    await time.advance(10)
    expect(logger.messagesOf('hook.ran')).toEqual([
      'hook a acted on decision.changed of office in 0 ms: dry run: said *** to it; bell',
    ])
    expect(JSON.stringify([logger.events, told])).not.toContain('s3cret-value')
    expect(told).toMatchObject([
      { type: 'hook.ran', hook: 'a', of: event.id, pool: 'office', dryRun: true },
      { type: 'hook.failed', hook: 'b', of: event.id },
    ])
  })
})
