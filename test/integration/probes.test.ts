import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { createLossyRelay } from '../support/lossy-relay.ts'
import { probeDeps } from '../support/probe-deps.ts'
import * as lab from '../support/sip-behaviours.ts'
import { createSipBench, TIMEOUT_MS } from '../support/sip-bench.ts'
import { realTime } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'
import { labTarget } from '../support/sip-targets.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('many targets', () => {
  test.each(['udp', 'tcp'] as const)(
    '300 over %s: one socket each, kept from round to round',
    async (transport) => {
      const sip = createSipTransports({ clock: realTime, timers: realTime })
      cleanups.push(() => sip.close())
      const deps = probeDeps({ clock: realTime, timers: realTime, sip })
      const prober = sipOptions.create(sipOptions.options.parse({ transport }), deps)
      const servers = await Promise.all(
        Array.from({ length: 300 }, (_, i) =>
          createSipServer({ transport, address: `127.0.${1 + Math.floor(i / 100)}.${1 + (i % 100)}` }),
        ),
      )
      for (const server of servers) cleanups.push(() => server.close())
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(
          servers.map((server) => prober.ask(labTarget(server.port), server.address, { timeoutMs: 10_000 })),
        )
        expect(answers.filter((answer) => answer.result !== 'pass')).toEqual([])
        expect(sip.sockets).toBe(300)
      }
      const ports = servers.map(
        (server) => new Set(server.requests.map((request) => request.source.port)).size,
      )
      expect(ports.every((count) => count === 1)).toBe(true)
      expect(servers.every((server) => server.requests.length === 3)).toBe(true)
    },
  )

  test('several probes of one endpoint share its socket, and each gets its own answer', async () => {
    const bench = await createSipBench({ server: { transport: 'udp' } })
    cleanups.push(() => bench.close())
    // Answers come in reverse order, each with a status of its own.
    const held: (() => void)[] = []
    bench.server.behave({
      onRequest(request, reply) {
        const user = /sip:u(\d+)@/.exec(request.uri)?.[1]
        held.push(() => reply.send(lab.response(request, 200, { phrase: `for ${user}` })))
      },
    })
    const deps = probeDeps({ clock: bench.time, timers: bench.time, sip: bench.sip })
    const asked = Array.from({ length: 20 }, (_, i) => {
      const prober = sipOptions.create(sipOptions.options.parse({ user: `u${i}` }), deps)
      return prober.ask(bench.target, '127.0.0.1', { timeoutMs: TIMEOUT_MS })
    })
    await bench.server.received(20)
    for (const answer of held.reverse()) answer()
    const answers = await Promise.all(asked)
    expect(answers.map((answer) => answer.detail)).toEqual(asked.map((_, i) => `200 for ${i}`))
    expect(bench.sip.sockets).toBe(1)
  })
})

describe('a lossy line', () => {
  const ROUNDS = 400

  async function passes(mayRetransmit: boolean): Promise<{ passes: number; sent: number }> {
    const bench = await createSipBench({ server: { transport: 'udp' } })
    cleanups.push(() => bench.close())
    bench.server.behave(lab.loss(0.2, 42))
    const answers: Outcome[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const answer = bench.ask({ mayRetransmit: () => mayRetransmit })
      let done = false
      void answer.finally(() => {
        done = true
      })
      for (const share of [0.5, 0.5]) {
        for (let turn = 0; turn < 200 && !done; turn++) await new Promise<void>((next) => setImmediate(next))
        if (!done) await bench.time.advance(TIMEOUT_MS * share)
      }
      answers.push(await answer)
    }
    return {
      passes: answers.filter((answer) => answer.result === 'pass').length,
      sent: answers.reduce((sum, answer) => sum + answer.attempts, 0),
    }
  }

  test('a relay with a delay shows in the round-trip time, one that loses everything in the outcome', async () => {
    const server = await createSipServer({ transport: 'udp' })
    const to = { address: server.address, port: server.port }
    const slow = await createLossyRelay({ to, loss: 0, delayMs: 30, seed: 1 })
    const dead = await createLossyRelay({ to, loss: 1, seed: 1 })
    const sip = createSipTransports({ clock: realTime, timers: realTime })
    cleanups.push(
      () => server.close(),
      () => slow.close(),
      () => dead.close(),
      () => sip.close(),
    )
    const deps = probeDeps({ clock: realTime, timers: realTime, sip })
    const prober = sipOptions.create(sipOptions.options.parse({}), deps)
    const answer = await prober.ask(labTarget(slow.port), slow.address, { timeoutMs: 5000 })
    expect(answer).toMatchObject({ result: 'pass', attempts: 1 })
    // Timers may fire a millisecond early.
    expect(answer.rttMs).toBeGreaterThanOrEqual(58)
    expect(await prober.ask(labTarget(dead.port), dead.address, { timeoutMs: 60 })).toMatchObject({
      reason: 'timeout',
      attempts: 2,
    })
    expect(dead.dropped).toBe(2)
  })

  test('at 20 % each way one retransmission saves most of the questions that a single send would lose', async () => {
    const single = await passes(false)
    const twice = await passes(true)
    // 0.8 * 0.8 = 64 % against 1 - 0.36^2 = 87 %; the bounds are four standard deviations wide.
    expect(single.passes / ROUNDS).toBeGreaterThan(0.54)
    expect(single.passes / ROUNDS).toBeLessThan(0.74)
    expect(twice.passes / ROUNDS).toBeGreaterThan(0.8)
    expect(twice.sent).toBeLessThan(ROUNDS * 1.5)
    expect(single.sent).toBe(ROUNDS)
  })
})
