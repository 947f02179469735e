import { describe, expect, it } from 'vitest'
import { outcome } from '../../src/core/outcome.ts'
import { type Answering, alive, refusing, set, silent } from './scheduler-lab.ts'

describe('the scheduler', () => {
  it('asks once an interval while all is well, from start to start', async () => {
    const { time, sent } = set(['options'], () => alive)
    await time.advance(5000)
    expect(sent.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 1000, 2000, 3000, 4000, 5000])
  })

  it('confirms silence as fast as the pace allows: down 1.5 s after the first question that failed', async () => {
    const { time, health, sent } = set(['options'], () => silent)
    await time.advance(1499)
    expect([...health.values()][0]?.status).toBe('unknown')
    await time.advance(2)
    expect([...health.values()][0]?.status).toBe('down')
    expect(sent.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 250, 500, 750, 1000, 1250])
  })

  it('confirms a refusal in half a second', async () => {
    const { time, health } = set(['options'], () => refusing)
    await time.advance(501)
    expect([...health.values()][0]).toMatchObject({ status: 'down', hardFails: 3 })
  })

  it('never sends a target more than four requests in any second, however many probes fail at once', async () => {
    const { time, sent } = set(['options', 'again'], () => silent)
    await time.advance(20_000)
    const times = sent.map(({ atMs }) => atMs).sort((a, b) => a - b)
    expect(times.length).toBeGreaterThan(40)
    for (let i = 4; i < times.length; i++) {
      expect((times[i] as number) - (times[i - 4] as number)).toBeGreaterThanOrEqual(980)
    }
    expect(new Set(sent.map(({ probe }) => probe)).size).toBe(2)
  })

  it('counts a probe that throws as our own fault, says so, and goes on', async () => {
    let broken = true
    const { time, outcomes, logger } = set(['options'], () =>
      broken ? () => Promise.reject(new Error('bug')) : alive,
    )
    await time.advance(1)
    broken = false
    await time.advance(1000)
    expect(outcomes.map(({ result, reason }) => [result, reason])).toEqual([
      ['inconclusive', 'internal'],
      ['pass', 'ok'],
    ])
    expect(logger.messagesOf('probe.failed')).toEqual(['probe options broke: bug'])
  })

  it('does not count a time-out that rang late because we were late', async () => {
    const late: Answering = (context, time) =>
      new Promise((resolve) => {
        time.after(context.timeoutMs + 201, () => resolve(outcome('timeout', { attempts: 1 })))
      })
    const { time, outcomes } = set(['options'], () => late)
    await time.advance(800)
    expect(outcomes[0]).toMatchObject({ result: 'inconclusive', reason: 'event-loop-late' })
  })

  it('asks at once when hastened, unless a question is open already', async () => {
    const { time, scheduler, sent, watches } = set(['options'], () => alive)
    await time.advance(100)
    scheduler.hasten([watches[0]?.key ?? '', 'unknown'])
    await time.advance(0)
    expect(sent.map(({ atMs }) => atMs - 1_000_000)).toEqual([0, 100])
    await time.advance(999)
    expect(sent).toHaveLength(2)
    await time.advance(1)
    expect(sent).toHaveLength(3)

    const waiting = set(['options'], () => silent)
    await waiting.time.advance(100)
    waiting.scheduler.hasten([waiting.watches[0]?.key ?? ''])
    await waiting.time.advance(100)
    expect(waiting.sent).toHaveLength(1)
  })

  it('forgets a watch that is stopped, with its open question, and leaves no deadline', async () => {
    const { time, scheduler, outcomes, watches } = set(['options'], () => silent)
    await time.advance(100)
    scheduler.stop(watches[0]?.key ?? '')
    await time.advance(5000)
    expect(outcomes).toEqual([])
    expect(time.pending).toBe(0)
    expect(scheduler.size).toBe(0)
  })

  it('tells how late questions started', async () => {
    const { time, scheduler } = set(['options'], () => alive)
    await time.advance(3000)
    expect(scheduler.lateness()).toMatchObject({ asked: 4, worstMs: 0 })
  })
})
