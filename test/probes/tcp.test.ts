import { afterEach, describe, expect, test } from 'vitest'
import type { Prober, TraceStep } from '../../src/probes/definition.ts'
import { tcp } from '../../src/probes/tcp.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function bench(options: { port?: number } = {}): Promise<{
  time: VirtualTime
  server: SipServer
  prober: Prober
}> {
  const time = new VirtualTime()
  const server = await createSipServer({ transport: 'tcp' })
  cleanups.push(() => server.close())
  const sip = createSipTransports({ clock: time, timers: time })
  const deps = probeDeps({ clock: time, timers: time, sip })
  return { time, server, prober: tcp.create(tcp.options.parse(options), deps) }
}

describe('the tcp probe', () => {
  test('passes on connect, closes at once and leaves no timer', async () => {
    const { time, server, prober } = await bench()
    const steps: TraceStep[] = []
    const context = { timeoutMs: 1000, trace: (step: TraceStep) => steps.push(step) }
    const answer = await prober.ask(labTarget(server.port), '127.0.0.1', context)
    expect(answer).toEqual({ result: 'pass', reason: 'ok', detail: 'connected', attempts: 1, rttMs: 0 })
    expect(time.pending).toBe(0)
    expect(steps.at(-1)).toEqual({ direction: 'note', text: 'connected' })
    await until(() => server.accepted === 1 && server.open === 0, 'the connection to be gone')
    expect(server.requests).toEqual([])
  })

  test("its own port goes before the target's", async () => {
    const { server, prober } = await bench()
    const own = await bench({ port: server.port })
    expect(await prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })).toMatchObject({
      reason: 'refused',
    })
    expect(await own.prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })).toMatchObject({
      result: 'pass',
    })
  })

  test('a closed port is refused at once', async () => {
    const { time, server, prober } = await bench()
    await server.close()
    const answer = await prober.ask(labTarget(server.port), '127.0.0.1', { timeoutMs: 1000 })
    expect(answer).toMatchObject({ result: 'fail', reason: 'refused', attempts: 1 })
    expect(time.nowMs()).toBe(0)
    expect(time.pending).toBe(0)
  })

  test('a source of ours that does not exist, or leads nowhere, is our own fault', async () => {
    const { server, prober } = await bench()
    const missing = labTarget(server.port, { source: '192.0.2.77' })
    expect(await prober.ask(missing, '127.0.0.1', { timeoutMs: 1000 })).toMatchObject({
      result: 'inconclusive',
      reason: 'no-route',
      attempts: 0,
    })
    const loopback = labTarget(server.port, { source: '127.0.0.1' })
    expect(await prober.ask(loopback, '192.0.2.200', { timeoutMs: 1000 })).toMatchObject({
      result: 'inconclusive',
      reason: 'no-route',
    })
  })

  test('withdrawn before or while it runs, it is inconclusive', async () => {
    const { time, server, prober } = await bench()
    const target = labTarget(server.port)
    const before = { timeoutMs: 1000, signal: AbortSignal.abort() }
    expect(await prober.ask(target, '127.0.0.1', before)).toMatchObject({ reason: 'aborted', attempts: 0 })
    const controller = new AbortController()
    const answer = prober.ask(target, '127.0.0.1', { timeoutMs: 1000, signal: controller.signal })
    controller.abort()
    expect(await answer).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    expect(time.pending).toBe(0)
  })

  test('a connection that is not made in time is a timeout', async () => {
    const { time, server, prober } = await bench()
    const answer = prober.ask(labTarget(server.port), '127.0.0.1', { timeoutMs: 1000 })
    // The deadline comes before the event loop has seen the connection, as it would with one that is never made.
    await time.advance(1000)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout', attempts: 1 })
  })
})
