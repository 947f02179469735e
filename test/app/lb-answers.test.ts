import { describe, expect, it } from 'vitest'
import { LbAnswers } from '../../src/app/lb-answers.ts'
import { targetOf } from '../support/pool-sim.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { VirtualTime } from '../support/virtual-time.ts'

type Engine = Parameters<LbAnswers['answer']>[0]

/** Two pools with the same names of targets; by all of its probes each serves the first name, by some of them the other one. */
function lab() {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const lb = new LbAnswers({ clock: time, logger })
  const serving: Record<string, readonly string[]> = {
    'a whole': ['sip1'],
    'a some': ['sip2'],
    'b whole': ['sip2'],
    'b some': ['sip1'],
  }
  const names = ['a/sip1', 'a/sip2', 'b/sip1', 'b/sip2']
  const views = (pool: string) => [{ key: `${pool} whole` }, { key: `${pool} some` }]
  const engine = {
    roster: {
      targets: new Map(names.map((name) => [name, {}])),
      viewsOfPool: new Map([
        ['a', views('a')],
        ['b', views('b')],
      ]),
    },
    decisionOf: (key: string) => {
      const active = serving[key]
      return active === undefined ? undefined : { active: active.map((name) => targetOf(name)) }
    },
  } as unknown as Engine
  const ask = (pool: string, target: string, handoverMs?: number) =>
    lb.answer(engine, pool, target, handoverMs)
  return { time, logger, serving, ask }
}

describe('what other balancers are told', () => {
  it('counts from the start of the process, not from the first question', async () => {
    const { time, ask } = lab()
    await time.advance(9_000)
    expect(ask('a', 'sip1', 10_000)).toEqual({ status: 'taking-over', inMs: 1_000 })
    await time.advance(1_000)
    expect(ask('a', 'sip1', 10_000)).toEqual({ status: 'active' })
    expect(ask('b', 'sip2', 10_000)).toEqual({ status: 'active' })
  })

  it('is half a minute of nobody where nothing is configured', async () => {
    const { time, ask } = lab()
    await time.advance(29_999)
    expect(ask('a', 'sip1')).toEqual({ status: 'taking-over', inMs: 1 })
    await time.advance(1)
    expect(ask('a', 'sip1')).toEqual({ status: 'active' })
  })

  it('goes by all probes of the pool, and by each pool for itself', async () => {
    const { time, ask, serving, logger } = lab()
    await time.advance(10_000)
    const all = () =>
      ['a', 'b'].map((pool) => ['sip1', 'sip2'].map((name) => ask(pool, name, 10_000)?.status))
    expect(all()).toEqual([
      ['active', 'standby'],
      ['standby', 'active'],
    ])
    serving['a whole'] = ['sip2']
    expect(all()).toEqual([
      ['standby', 'taking-over'],
      ['standby', 'active'],
    ])
    await time.advance(10_000)
    expect(all()).toEqual([
      ['standby', 'active'],
      ['standby', 'active'],
    ])
    expect(logger.messagesOf('lb.handed-over')).toEqual([
      'other balancers are told that sip1 is the active target of a',
      'other balancers are told that sip2 is the active target of b',
      'other balancers are told that sip2 is the active target of a',
    ])
  })

  it('is nothing about who is not there, and a standby before anything was decided', async () => {
    const { time, ask, serving } = lab()
    await time.advance(60_000)
    expect([ask('a', 'sip3'), ask('c', 'sip1')]).toEqual([undefined, undefined])
    delete serving['a whole']
    expect(ask('a', 'sip1')).toEqual({ status: 'standby' })
  })
})
