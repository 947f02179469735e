/** coturn is the STUN server that most phones meet. Debian: coturn; the test starts one of its own on loopback. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { stun } from '../../src/probes/stun.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('turnserver', 'coturn')

describe.skipIf(!installed)('coturn (skipped where turnserver is not installed)', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  let port = 0

  async function ask(options: Record<string, unknown> = {}, source?: string): Promise<Outcome> {
    const sip = createSipTransports({ clock: realTime, timers: realTime })
    const deps = probeDeps({ clock: realTime, timers: realTime, sip })
    const prober = stun.create(stun.options.parse({ port, ...options }), deps)
    const target = labTarget(1, source === undefined ? {} : { source })
    return prober.ask(target, '127.0.0.1', { timeoutMs: 5000 })
  }

  beforeAll(async () => {
    port = await freePort()
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-coturn-'))
    cleanups.push(() => rm(dir, { recursive: true, force: true }))
    const turnserver = startProcess(
      'turnserver',
      [
        ...[
          '-n',
          '--stun-only',
          '--no-cli',
          '--no-tls',
          '--no-dtls',
          '--fingerprint',
          '--log-file',
          'stdout',
        ],
        ...['--listening-ip', '127.0.0.1', '--listening-port', String(port), '--pidfile', join(dir, 'pid')],
        ...['--userdb', join(dir, 'turndb')],
      ],
      dir,
    )
    cleanups.unshift(() => turnserver.stop())
    for (let tries = 0; tries < 100; tries++) {
      if ((await ask()).result === 'pass') return
      await new Promise<void>((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`turnserver does not answer: ${turnserver.output()}`)
  }, 30_000)

  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test('passes, and tells our own address', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ result: 'pass', reason: 'ok' })
    expect(answer.detail).toMatch(/^it sees us as 127\.0\.0\.1 port \d+/)
  })

  test('sees the source that the probe leaves by', async () => {
    expect((await ask({ expect: '127.0.0.5' }, '127.0.0.5')).result).toBe('pass')
    expect(await ask({ expect: '127.0.0.5' }, '127.0.0.6')).toMatchObject({
      result: 'fail',
      reason: 'unexpected',
    })
  })
})
