/** REGISTER against Kamailio with digest and bindings in memory. Needs `kamailio`; skipped without it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { sipRegister } from '../../src/probes/sip-register.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('kamailio', 'kamailio')
const account = { user: 'probe', password: 's3cret-Probe', domain: 'lab.example' }

describe.skipIf(!installed).each(['MD5', 'SHA-256'])('Kamailio as a registrar with %s', (algorithm) => {
  const cleanups: (() => Promise<unknown>)[] = []
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  let port = 0

  const prober = (options: Record<string, unknown>) =>
    sipRegister.create(sipRegister.options.parse({ ...account, ...options }), deps)
  const register = (options: Record<string, unknown> = {}): Promise<Outcome> =>
    prober(options).ask(labTarget(port), '127.0.0.1', { timeoutMs: 4000 })
  const options = (user?: string): Promise<Outcome> =>
    sipOptions
      .create(sipOptions.options.parse(user === undefined ? {} : { user, expect: [200] }), deps)
      .ask(labTarget(port), '127.0.0.1', { timeoutMs: 2000 })

  beforeAll(async () => {
    port = await freePort()
    const cwd = await mkdtemp(join(tmpdir(), 'sipvane-kamailio-'))
    const config = fileURLToPath(new URL('../fixtures/kamailio/registrar.cfg', import.meta.url))
    const sockets = ['udp', 'tcp'].flatMap((each) => ['-l', `${each}:127.0.0.1:${port}`])
    const defines = algorithm === 'SHA-256' ? ['-A', 'WITH_SHA256'] : []
    const files = ['-Y', cwd, '-P', join(cwd, 'pid')]
    const kamailio = startProcess(
      'kamailio',
      ['-f', config, '-DD', '-E', ...defines, ...sockets, '-m', '32', '-M', '4', ...files],
      cwd,
    )
    cleanups.push(
      () => sip.close(),
      () => kamailio.stop(),
      () => rm(cwd, { recursive: true }),
    )
    for (let tries = 0; tries < 400; tries++) {
      if ((await options()).result === 'pass') return
      await new Promise<void>((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`kamailio never answered:\n${kamailio.output()}`)
  })

  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test.each(['udp', 'tcp'])('the account is let in over %s', async (transport) => {
    expect(await register({ transport })).toMatchObject({
      result: 'pass',
      reason: 'ok',
      status: 200,
      attempts: 1,
    })
  })

  test('its nonce is used again, the count going up, without a new challenge', async () => {
    const one = prober({})
    const texts: string[] = []
    for (let round = 0; round < 4; round++) {
      const context = { timeoutMs: 4000, trace: (step: { text: string }) => texts.push(step.text) }
      expect(await one.ask(labTarget(port), '127.0.0.1', context)).toMatchObject({ result: 'pass' })
    }
    expect(texts.filter((text) => text.startsWith('SIP/2.0 401'))).toHaveLength(1)
    expect(texts.some((text) => text.includes('nc=00000004'))).toBe(true)
    expect(texts.join('\n')).toContain(algorithm === 'SHA-256' ? 'algorithm=SHA-256' : 'response="(hidden)"')
  })

  test('the question writes no binding', async () => {
    await register()
    expect(await options('probe')).toMatchObject({ status: 404 })
  })

  test('bind writes one that is listed, and removes it', async () => {
    expect(await register({ bind: true })).toMatchObject({ result: 'pass', reason: 'ok' })
    expect(await options('probe')).toMatchObject({ status: 404 })
  })

  test('a wrong password is refused once, is our own fault, and ends the asking', async () => {
    const one = prober({ password: 'wrong' })
    const ask = () => one.ask(labTarget(port), '127.0.0.1', { timeoutMs: 4000 })
    expect(await ask()).toMatchObject({ result: 'inconclusive', reason: 'credentials-refused', status: 401 })
    expect(await ask()).toMatchObject({ reason: 'credentials-refused', attempts: 0 })
  })

  test('a registrar whose database is gone fails, though it answers OPTIONS', async () => {
    expect(await options()).toMatchObject({ result: 'pass' })
    expect(await register({ domain: 'nodb.example' })).toMatchObject({
      result: 'fail',
      reason: 'bad-status',
      status: 500,
    })
  })
})

test.skipIf(installed)('Kamailio is not installed: nothing was compared', () => {
  expect(installed).toBe(false)
})
