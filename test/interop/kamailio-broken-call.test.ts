/** A call through Kamailio that closes its idle connection while it rings (tcp_connection_lifetime), as any proxy may. Debian: kamailio. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { TraceStep } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { createExtension, type Extension, type ExtensionOptions } from '../support/sip-extension.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('kamailio', 'kamailio')

describe.skipIf(!installed)('Kamailio (skipped where it is not installed)', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  let phone: SipServer
  let port = 0

  beforeAll(async () => {
    phone = await createSipServer({ transport: 'udp' })
    port = await freePort()
    const cwd = await mkdtemp(join(tmpdir(), 'sipvane-kamailio-'))
    const config = fileURLToPath(new URL('../fixtures/kamailio/impatient.cfg', import.meta.url))
    const sockets = ['udp', 'tcp'].flatMap((each) => ['-l', `${each}:127.0.0.1:${port}`])
    const options = ['-A', `UAS=${phone.port}`, '-m', '32', '-M', '4', '-Y', cwd, '-P', join(cwd, 'pid')]
    const kamailio = startProcess('kamailio', ['-f', config, '-DD', '-E', ...sockets, ...options], cwd)
    cleanups.push(
      () => sip.close(),
      () => kamailio.stop(),
      () => phone.close(),
      () => rm(cwd, { recursive: true }),
    )
    const prober = sipOptions.create(sipOptions.options.parse({ transport: 'tcp' }), deps)
    let answered = false
    for (let tries = 0; tries < 400 && !answered; tries++) {
      answered = (await prober.ask(labTarget(port), '127.0.0.1', { timeoutMs: 2000 })).result === 'pass'
      await new Promise<void>((resolve) => setTimeout(resolve, 25))
    }
    if (!answered) throw new Error(`kamailio never answered:\n${kamailio.output()}`)
  }, 30_000)

  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  async function call(
    given: ExtensionOptions,
  ): Promise<{ outcome: Outcome; extension: Extension; trace: string[] }> {
    const contact = `<sip:600@127.0.0.1:${phone.port}>`
    const extension = await createExtension({ contact, ...given })
    phone.behave(extension)
    const prober = sipInvite.create(sipInvite.options.parse({ transport: 'tcp', extension: '600' }), deps)
    const trace: string[] = []
    const outcome = await prober.ask(labTarget(port), '127.0.0.1', {
      timeoutMs: 12_000,
      trace: ({ direction, text }: TraceStep) => trace.push(`${direction} ${text.split('\n')[0]}`),
    })
    cleanups.unshift(
      () => prober.close(),
      () => extension.close(),
    )
    return { outcome, extension, trace }
  }

  test('that rings on is cancelled over a new connection, and its 487 comes to the port of the old one', async () => {
    const { outcome, extension, trace } = await call({ answerAfterMs: 'never' })
    expect(outcome).toMatchObject({ result: 'fail', reason: 'closed', status: 180 })
    await until(() => trace.at(-1)?.startsWith('sent ACK') === true, 'the ACK', 20_000)
    expect(extension.standing).toEqual([])
    expect(extension.answered).toBe(0)
    expect(trace).toContain('received SIP/2.0 200 canceling')
    expect(trace).toContain('received SIP/2.0 487 Lab')
  }, 60_000)

  test('that is answered in spite of the CANCEL is acknowledged and ended', async () => {
    const { outcome, extension, trace } = await call({ answerAfterMs: 'never', answersInSpiteOfCancel: true })
    expect(outcome).toMatchObject({ result: 'fail', reason: 'closed', status: 180 })
    await until(() => extension.log.some((each) => each.startsWith('BYE')), 'the end of the call', 20_000)
    expect(trace).toContain('received SIP/2.0 200 OK')
    expect(extension.answered).toBe(1)
    expect(extension.standing).toEqual([])
  }, 60_000)
})
