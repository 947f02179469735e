/** OPTIONS against Kamailio with what its stock configuration does to a ping. Needs `kamailio`; skipped without it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('kamailio', 'kamailio')

describe.skipIf(!installed)('Kamailio', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  let port = 0

  const ask = (options: Record<string, unknown>): Promise<Outcome> => {
    const deps = probeDeps({ clock: realTime, timers: realTime, sip })
    const prober = sipOptions.create(sipOptions.options.parse(options), deps)
    return prober.ask(labTarget(port), '127.0.0.1', { timeoutMs: 2000 })
  }

  beforeAll(async () => {
    port = await freePort()
    const cwd = await mkdtemp(join(tmpdir(), 'sipvane-kamailio-'))
    const config = fileURLToPath(new URL('../fixtures/kamailio/keepalive.cfg', import.meta.url))
    const sockets = ['udp', 'tcp'].flatMap((each) => ['-l', `${each}:127.0.0.1:${port}`])
    const memory = ['-m', '32', '-M', '4']
    const files = ['-Y', cwd, '-P', join(cwd, 'pid')]
    const kamailio = startProcess(
      'kamailio',
      ['-f', config, '-DD', '-E', ...sockets, ...memory, ...files],
      cwd,
    )
    cleanups.push(
      () => sip.close(),
      () => kamailio.stop(),
      () => rm(cwd, { recursive: true }),
    )
    for (let tries = 0; tries < 400; tries++) {
      const [udp, tcp] = await Promise.all([ask({}), ask({ transport: 'tcp' })])
      if (udp.result === 'pass' && tcp.result === 'pass') return
      await new Promise<void>((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`kamailio never answered:\n${kamailio.output()}`)
  })

  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test.each(['udp', 'tcp'])(
    '200 Keepalive over %s passes: our user agent is none that it drops',
    async (transport) => {
      expect(await ask({ transport })).toMatchObject({
        result: 'pass',
        reason: 'ok',
        detail: '200 Keepalive',
        attempts: 1,
      })
    },
  )

  test('a user agent that it drops looks dead: what our own must never be', async () => {
    const deps = probeDeps({ clock: realTime, timers: realTime, sip })
    const prober = sipOptions.create(sipOptions.options.parse({ userAgent: 'friendly-scanner' }), deps)
    expect(await prober.ask(labTarget(port), '127.0.0.1', { timeoutMs: 300 })).toMatchObject({
      reason: 'timeout',
    })
  })

  test('with Max-Forwards 0 it says 483 Too Many Hops, and passes as the first hop', async () => {
    expect(await ask({ maxForwards: 0 })).toMatchObject({ result: 'pass', reason: 'ok', status: 483 })
  })

  test('404 for a user it does not know passes', async () => {
    expect(await ask({ user: 'nobody' })).toMatchObject({ result: 'pass', reason: 'ok', status: 404 })
  })

  test('503 with Retry-After is overload', async () => {
    expect(await ask({ user: 'drain' })).toMatchObject({
      result: 'fail',
      reason: 'overload',
      retryAfterMs: 60_000,
    })
  })
})

test.skipIf(installed)('Kamailio is not installed: nothing was compared', () => {
  expect(installed).toBe(false)
})
