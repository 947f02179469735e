import { afterEach, describe, expect, test } from 'vitest'
import { configuredProber } from '../../src/app/configured-prober.ts'
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

/** Real sockets, virtual time: a server that does not die at once, as a scheduler and the machine of health see it. */

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const CONFIG = `
probes: { options: { type: sip-options, interval: 1s, timeout: 500ms, fall: 3, degradeAbove: 200ms } }
pools: { edge: { policy: failover, probes: [options], targets: { sip1: { address: 127.0.0.1 } } } }
`

type Seen = 'up' | 'impaired' | 'down'

interface Watched extends SipBench {
  /** What was thought of it, each change once, with the time since the start. */
  readonly story: { readonly seen: Seen; readonly atMs: number }[]
  pass(ms: number): Promise<void>
}

async function watched(transport: 'udp' | 'tcp'): Promise<Watched> {
  const made = await createSipBench({ server: { transport } })
  cleanups.push(() => made.close())
  const { time, server, prober, target } = made
  server.behave(lab.delay(1))
  const [laidOut] = layOut(
    settingsOf(CONFIG.replace('sip-options,', `sip-options, transport: ${transport},`)),
  ).watches.values()
  if (laidOut === undefined) throw new Error('one watch')
  let state = initialHealth(0)
  const story: { seen: Seen; atMs: number }[] = []
  const startMs = time.nowMs()
  const thought = (next: HealthState) => {
    state = next
    const seen: Seen = state.status === 'down' ? 'down' : state.impaired === true ? 'impaired' : 'up'
    if (story.at(-1)?.seen !== seen) story.push({ seen, atMs: time.nowMs() - startMs })
    return state
  }
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
    logger: silentLogger,
    observe: (_watch: Watch, seen: Outcome) => thought(step(state, seen, laidOut.probe, time.nowMs())),
    takeBackLoss: () => thought(provedSpurious(state)),
  })
  cleanups.push(async () => scheduler.stopAll())
  scheduler.start({ ...laidOut, target }, configuredProber(prober, laidOut.probe, time), 0)
  const pass = async (ms: number) => {
    for (const endMs = time.nowMs() + ms; time.nowMs() < endMs; ) {
      await settled()
      await time.advance(Math.min(10, endMs - time.nowMs()))
    }
    await settled()
  }
  return { ...made, story, pass }
}

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  test('a server that is slow from now on is impaired, and never down', async () => {
    const made = await watched(transport)
    await made.pass(20_000)
    made.server.behave(lab.delay(300))
    await made.pass(30_000)
    expect(made.story.map(({ seen }) => seen)).toEqual(['up', 'impaired'])
  })

  test('a server that comes and goes is seen to, each time', async () => {
    const made = await watched(transport)
    made.server.behave(lab.flapping(made.time, 10_000, 10_000))
    await made.pass(60_000)
    expect(made.story.map(({ seen }) => seen)).toEqual(['up', 'down', 'up', 'down', 'up', 'down'])
  })

  test('a server that dies slowly is impaired first, then down', async () => {
    const made = await watched(transport)
    await made.pass(20_000)
    made.server.behave(lab.dying(10))
    await made.pass(90_000)
    expect(made.story.map(({ seen }) => seen)).toEqual(['up', 'impaired', 'down'])
  })
})

test('lost packets are no slowness: a server that answers at once, or not at all, is never impaired', async () => {
  const made = await watched('udp')
  made.server.behave(lab.loss(0.2, 11, lab.delay(1)))
  await made.pass(60_000)
  expect(made.story.map(({ seen }) => seen)).not.toContain('impaired')
})
