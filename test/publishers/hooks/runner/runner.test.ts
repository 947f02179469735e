import { describe, expect, it } from 'vitest'
import type { SipvaneEvent } from '../../../../src/core/event.ts'
import type { HookSettings } from '../../../../src/core/settings.ts'
import { HookError } from '../../../../src/publishers/hooks/error.ts'
import { decision, eventOf, LTE } from '../../../support/hook-driver.ts'
import { hang, runHooks } from '../../../support/hook-runner.ts'

describe('the order of hooks', () => {
  it('is kept by `after`, whether the first worked or not', async () => {
    const order: string[] = []
    const { runner, time } = runHooks({
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

  it('waits for all attempts of a first one that hangs and fails, and goes on after the last', async () => {
    let attempts = 0
    const order: string[] = []
    const { runner, time, told } = runHooks({
      route: {
        retries: 2,
        timeoutMs: 1_000,
        act: async (event, context) => {
          order.push(`route ${++attempts}`)
          if (attempts < 3) return hang(event, context)
          throw new HookError('failed', 'no')
        },
      },
      pbx: {
        after: ['route'],
        act: async () => {
          await new Promise<void>((resolve) => time.after(3_000, resolve))
          order.push('pbx')
        },
      },
      mail: { after: ['route', 'pbx'], act: async () => void order.push('mail') },
    })
    runner.take(decision(LTE))
    await time.advance(60_000)
    expect(order).toEqual(['route 1', 'route 2', 'route 3', 'pbx', 'mail'])
    expect(told).toMatchObject([{ type: 'hook.failed', hook: 'route' }, { hook: 'pbx' }, { hook: 'mail' }])
  })

  it('does not wait for what the first one passed over, or was stopped at', async () => {
    const ran: string[] = []
    const { runner, time } = runHooks({
      route: { takes: 'newest', act: hang, timeoutMs: 600_000, retries: 0 },
      pbx: { after: ['route'], act: async (event) => void ran.push(event.id) },
    })
    const [first, second, third] = [decision(LTE), decision(LTE), decision(LTE)]
    for (const event of [first, second, third]) runner.take(event)
    await time.advance(10)
    // The third is under way.
    expect(ran).toEqual([first.id, second.id])
    await runner.close()
    expect(time.pending).toBe(0)
  })

  it('does not wait for a hook that does not want the event', async () => {
    const order: string[] = []
    const { runner, time } = runHooks({
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
    const { runner, time } = runHooks({ a: { ...settings, act: async (one) => void seen.push(one) } })
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
    const { runner, time, told, logger } = runHooks({
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
    const { runner, time, logger, told } = runHooks({
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
      {
        type: 'hook.ran',
        hook: 'a',
        of: event.id,
        pool: 'office',
        dryRun: true,
        detail: 'dry run: said *** to it; bell',
      },
      { type: 'hook.failed', hook: 'b', of: event.id },
    ])
  })
})
