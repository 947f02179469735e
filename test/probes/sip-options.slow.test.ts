import { afterEach, describe, expect, test } from 'vitest'
import { layOut, type Watch } from '../../src/app/roster.ts'
import { Scheduler } from '../../src/app/scheduler.ts'
import type { HealthState } from '../../src/core/health.ts'
import type { Outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { provedSpurious } from '../../src/health/spurious.ts'
import { settingsOf } from '../support/settings.ts'
import * as lab from '../support/sip-behaviours.ts'
import { createSipBench, type SipBench, settled } from '../support/sip-bench.ts'

/** Real sockets, virtual time: a server that stands still for a while and then answers all that came meanwhile. */

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function bench(behaviour: lab.Behaviour): Promise<SipBench> {
  const made = await createSipBench({ server: { transport: 'udp' } })
  made.server.behave(behaviour)
  cleanups.push(() => made.close())
  return made
}

/** Moves time on in small steps, so that what is on loopback arrives when it should. */
async function pass({ time }: SipBench, ms: number): Promise<void> {
  for (const endMs = time.nowMs() + ms; time.nowMs() < endMs; ) {
    await settled()
    await time.advance(Math.min(10, endMs - time.nowMs()))
  }
  await settled()
}

/** One question, sent again after 40 ms; what it came to and what was told of its retransmission. */
async function asked(behaviour: lab.Behaviour, listenMs = 100) {
  const made = await bench(behaviour)
  const spurious: number[] = []
  const question = made.ask({ retransmitMs: 40, onSpurious: (sentMs) => spurious.push(sentMs) })
  await pass(made, 1000 + listenMs)
  return { made, spurious, outcome: await question }
}

/** The first of the two transmissions is lost. */
const lossy = () => lab.inTurn(lab.silence, lab.delay(5))

describe('the answer to a question that was sent again', () => {
  test('comes twice from a server that was slow, and the second time proves that nothing was lost', async () => {
    const { made, spurious, outcome } = await asked(lab.delay(60))
    expect(outcome).toMatchObject({ result: 'pass', attempts: 2 })
    expect(outcome.rttMs).toBeUndefined()
    expect(spurious).toEqual([0])
    expect(made.server.requests).toHaveLength(2)
    expect(made.sip.counters.foreign).toBe(0)
  })

  test('comes once where a transmission was lost, which proves nothing', async () => {
    const { spurious, outcome } = await asked(lossy())
    expect(outcome).toMatchObject({ result: 'pass', attempts: 2 })
    expect(spurious).toEqual([])
  })

  test('is no news where it was sent once, however often it is answered', async () => {
    const { made, spurious, outcome } = await asked(lab.duplicate(3))
    expect(outcome).toMatchObject({ result: 'pass', attempts: 1 })
    expect(spurious).toEqual([])
    expect(made.sip.counters.foreign).toBe(2)
  })

  test('counts once, be it repeated a hundred times', async () => {
    const { made, spurious } = await asked(lab.delay(60, lab.duplicate(50)))
    expect(spurious).toHaveLength(1)
    expect(made.sip.counters.foreign).toBe(98)
  })

  test.each([
    ['with another Call-ID', lab.wrongCallId],
    ['with another method', lab.wrongMethod],
    ['with another branch', lab.wrongBranch],
    ['from another port', lab.foreignSource],
    ['that is provisional', lab.provisionalOnly],
    ['that is garbage', lab.garbage()],
  ])('does not count %s', async (_, second) => {
    const { spurious, outcome } = await asked(lab.inTurn(lab.delay(60), lab.delay(60, second)))
    expect(outcome).toMatchObject({ result: 'pass', attempts: 2 })
    expect(spurious).toEqual([])
  })

  test('does not count when it comes more than a second later, and leaves no timer behind', async () => {
    const late = lab.inTurn(lab.delay(60), lab.delay(1100))
    const { made, spurious } = await asked(late, 1000)
    expect(made.sip.counters.foreign).toBe(0)
    expect(spurious).toEqual([])
    expect(made.time.pending).toBe(1) // the sweep of idle sockets
  })
})

const CONFIG = `
probes: { options: { type: sip-options, interval: 1s, timeout: 500ms, fastInterval: 200ms, fall: 3 } }
pools: { edge: { policy: failover, probes: [options], targets: { sip1: { address: 127.0.0.1 } } } }
`

/** Watched by a scheduler for half a minute, then for one question as `pausing` says, then silent. */
async function deathOf(pausing: lab.Behaviour): Promise<{ tookMs: number; state: HealthState }> {
  const made = await bench(lab.delay(1))
  const { time, server, prober, target } = made
  const [laidOut] = layOut(settingsOf(CONFIG)).watches.values()
  if (laidOut === undefined) throw new Error('one watch')
  let state = initialHealth(0)
  const observe = (_watch: Watch, seen: Outcome) => {
    state = step(state, seen, laidOut.probe, time.nowMs())
    return state
  }
  const takeBackLoss = () => {
    state = provedSpurious(state)
    return state
  }
  const random = { next: () => 0.5 }
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random,
    logger: silentLogger,
    observe,
    takeBackLoss,
  })
  cleanups.push(async () => scheduler.stopAll())
  scheduler.start({ ...laidOut, target }, prober, 0)
  await pass(made, 30_500)
  server.behave(pausing)
  await pass(made, 1000)
  expect(state.last).toMatchObject({ result: 'pass', attempts: 2 })
  server.behave(lab.delay(1))
  await pass(made, 1000)
  server.behave(lab.silence)
  const faultMs = time.nowMs()
  while (state.status === 'up' && time.nowMs() < faultMs + 20_000) await pass(made, 10)
  return { tookMs: time.nowMs() - faultMs, state }
}

describe('a silent death', () => {
  test('is found in 1.6 s though the server paused for 60 ms two seconds before', async () => {
    const { tookMs, state } = await deathOf(lab.delay(60))
    expect(state).toMatchObject({ status: 'down', fails: 3, loss: 0 })
    expect(tookMs).toBeLessThan(1700)
  })

  test('takes eight silent questions where a transmission was lost two seconds before', async () => {
    const { tookMs, state } = await deathOf(lossy())
    expect(state).toMatchObject({ status: 'down', fails: 8 })
    expect(tookMs).toBeGreaterThan(3500)
  })
})
