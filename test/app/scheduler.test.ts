import { describe, expect, it } from 'vitest'
import { layOut, type Watch } from '../../src/app/roster.ts'
import { firstDelayMs, Scheduler } from '../../src/app/scheduler.ts'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const CONFIG = `
probes:
  options: { type: sip-options, interval: 1s, timeout: 500ms, fastInterval: 200ms }
  again: { type: sip-options, interval: 1s, timeout: 500ms, fastInterval: 200ms }
pools:
  edge:
    policy: failover
    probes: [options, again]
    targets:
      sip1: { address: 192.0.2.11 }
`

interface Sent {
  readonly probe: string
  readonly atMs: number
}

type Answering = (context: AskContext, time: VirtualTime, sent: (atMs: number) => void) => Promise<Outcome>

/** Never answers: one retransmission at half the time-out, where the pace allows it. */
const silent: Answering = (context, time, sent) =>
  new Promise((resolve) => {
    let attempts = 1
    time.after(context.timeoutMs / 2, () => {
      if (context.mayRetransmit?.() === false) return
      attempts++
      sent(time.nowMs())
    })
    time.after(context.timeoutMs, () => resolve(outcome('timeout', { attempts })))
  })

const alive: Answering = async () => outcome('ok', { attempts: 1, rttMs: 1 })
const refusing: Answering = async () => outcome('refused', { attempts: 1 })

function set(probes: readonly string[], answering: () => Answering, requests = 1, roundTrips?: number) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const sent: Sent[] = []
  const outcomes: Outcome[] = []
  const health = new Map<string, HealthState>()
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
    logger,
    observe(watch, seen) {
      outcomes.push(seen)
      const state = step(
        health.get(watch.key) ?? initialHealth(time.nowMs()),
        seen,
        watch.probe,
        time.nowMs(),
      )
      health.set(watch.key, state)
      return state
    },
  })
  const prober = (watch: Watch): Prober => ({
    requests,
    ...(roundTrips === undefined ? {} : { roundTrips }),
    start: async () => {},
    close: async () => {},
    ask(_target, _address, context) {
      sent.push({ probe: watch.probe.name, atMs: time.nowMs() })
      return answering()(context, time, (atMs) => sent.push({ probe: watch.probe.name, atMs }))
    },
  })
  const watches = [...layOut(settingsOf(CONFIG)).watches.values()].filter((watch) =>
    probes.includes(watch.probe.name),
  )
  for (const watch of watches) scheduler.start(watch, prober(watch), 0)
  return { time, scheduler, sent, outcomes, health, logger, watches }
}

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

describe('the pace', () => {
  const paced = (requests: number, answering: Answering, probes = ['options']) =>
    set(probes, () => answering, requests)

  it('has room for all that a question of several requests sends at once', async () => {
    const { time, sent } = paced(3, alive, ['options', 'again'])
    await time.advance(20_000)
    const times = sent.flatMap(({ atMs }) => [atMs, atMs, atMs]).sort((a, b) => a - b)
    expect(sent.length).toBeGreaterThan(15)
    for (let i = 4; i < times.length; i++) {
      expect((times[i] as number) - (times[i - 4] as number)).toBeGreaterThanOrEqual(980)
    }
  })

  it('is not touched by a probe that asks nobody', async () => {
    const { time, sent } = paced(0, refusing, ['options', 'again'])
    await time.advance(400)
    // Each is refused three times at its fast interval; the pace would have let four through.
    expect(sent).toHaveLength(6)
  })

  it('counts requests that had to leave on top', async () => {
    const chatty: Answering = async (context, time) => {
      for (let i = 0; i < 3; i++) context.onSend?.()
      return outcome('refused', { attempts: 1, detail: String(time.nowMs()) })
    }
    const { time, sent } = paced(1, chatty)
    await time.advance(5000)
    const gaps = sent.slice(1).map(({ atMs }, i) => atMs - (sent[i]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(980)
  })
})

/** Answers after 1 ms until `alive` says no; then it is silent but for the retransmission that the budget asks for. */
const wellKnown =
  (isAlive: () => boolean): Answering =>
  (context, time, sent) =>
    new Promise((resolve) => {
      if (isAlive()) {
        time.after(1, () => resolve(outcome('ok', { attempts: 1, rttMs: 1 })))
        return
      }
      let attempts = 1
      time.after(context.retransmitMs ?? context.timeoutMs / 2, () => {
        if (context.mayRetransmit?.() === false) return
        attempts++
        sent(time.nowMs())
      })
      time.after(context.timeoutMs, () => resolve(outcome('timeout', { attempts })))
    })

describe('the scheduler on a path that it knows', () => {
  it('calls a silent host down 1.06 s after the first question it left unanswered, within four requests a second', async () => {
    let isAlive = true
    const { time, health, sent } = set(['options'], () => wellKnown(() => isAlive), 1, 1)
    await time.advance(19_500)
    isAlive = false
    await time.advance(500 + 1059)
    expect([...health.values()][0]?.status).toBe('up')
    await time.advance(2)
    expect([...health.values()][0]?.status).toBe('down')
    const times = sent.map(({ atMs }) => atMs - 1_020_000).filter((atMs) => atMs >= 0)
    expect(times).toEqual([0, 40, 450, 490, 1020, 1040])
  })

  it('keeps the configured time-out for a kind that has no round trip to tell of', async () => {
    let isAlive = true
    const { time, health } = set(['options'], () => wellKnown(() => isAlive))
    await time.advance(19_500)
    isAlive = false
    await time.advance(500 + 1490)
    expect([...health.values()][0]?.status).toBe('up')
    await time.advance(20)
    expect([...health.values()][0]?.status).toBe('down')
  })
})

describe('a kept connection that broke', () => {
  it('is believed with the first refusal: down within 60 ms', async () => {
    let isAlive = true
    const { time, scheduler, health, outcomes, watches } = set(['options'], () =>
      isAlive ? alive : refusing,
    )
    await time.advance(5500)
    isAlive = false
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(60)
    expect([...health.values()][0]).toMatchObject({ status: 'down', hardFails: 3 })
    expect(outcomes.slice(-3).map(({ detail, reason }) => detail ?? reason)).toEqual([
      'a kept connection broke',
      'refused',
      'refused',
    ])
  })

  it('is nothing where the new connection works: servers close idle ones every day', async () => {
    const { time, scheduler, outcomes, watches } = set(['options'], () => alive)
    await time.advance(5500)
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(2000)
    expect(outcomes.every(({ result }) => result === 'pass')).toBe(true)
  })

  it('is no proof where the new connection is met with silence', async () => {
    let isAlive = true
    const { time, scheduler, outcomes, watches } = set(['options'], () => (isAlive ? alive : silent))
    await time.advance(5500)
    isAlive = false
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(600)
    expect(outcomes.filter(({ result }) => result === 'fail').map(({ reason }) => reason)).toEqual([
      'timeout',
    ])
  })
})

describe('the first round', () => {
  it('is over at once for a few watches, and spread over the interval for many', () => {
    expect(firstDelayMs(0, 3, 1000, 0)).toBe(0)
    expect(firstDelayMs(2, 3, 1000, 0.99)).toBeLessThan(15)
    expect(firstDelayMs(9999, 10_000, 1000, 0.99)).toBeLessThan(1000)
    expect(firstDelayMs(5000, 10_000, 1000, 0)).toBe(500)
  })

  it('strays within each share, and no further', () => {
    expect(firstDelayMs(4, 10, 1000, 0.5)).toBeCloseTo(22.5)
    expect(firstDelayMs(4, 10, 1000, 0.999)).toBeLessThan(firstDelayMs(5, 10, 1000, 0))
  })
})
