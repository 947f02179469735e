/** OPTIONS against SIPp, whose SIP stack is none of ours. Needs `sipp` (Debian: sip-tester); skipped without it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('sipp', 'sip-tester')
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Ask = (timeoutMs: number) => Promise<Outcome>

async function against(scenario: string, transport: 'udp' | 'tcp'): Promise<Ask> {
  const port = await freePort()
  const cwd = await mkdtemp(join(tmpdir(), 'sipvane-sipp-'))
  cleanups.push(() => rm(cwd, { recursive: true }))
  const file = fileURLToPath(new URL(`../fixtures/sipp/${scenario}.xml`, import.meta.url))
  const mode = transport === 'udp' ? 'u1' : 't1'
  const sipp = startProcess(
    'sipp',
    ['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-t', mode, '-nostdin', '-nd'],
    cwd,
  )
  cleanups.push(() => sipp.stop())
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  cleanups.push(() => sip.close())
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  const prober = sipOptions.create(sipOptions.options.parse({ transport }), deps)
  // Until it listens, the port refuses: what is asked first after that is the test's own question.
  return async (timeoutMs) => {
    for (let tries = 0; tries < 200; tries++) {
      const answer = await prober.ask(labTarget(port), '127.0.0.1', { timeoutMs })
      if (answer.reason !== 'refused') return answer
      await new Promise<void>((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`sipp never listened:\n${sipp.output()}`)
  }
}

describe.skipIf(!installed)('SIPp', () => {
  test.each(['udp', 'tcp'] as const)('200 over %s passes, again and again', async (transport) => {
    const ask = await against('uas-200', transport)
    for (let round = 0; round < 3; round++) {
      expect(await ask(2000)).toMatchObject({ result: 'pass', reason: 'ok', status: 200, attempts: 1 })
    }
  })

  test.each(['udp', 'tcp'] as const)('503 with Retry-After over %s is overload', async (transport) => {
    const ask = await against('uas-503', transport)
    expect(await ask(2000)).toMatchObject({ reason: 'overload', status: 503, retryAfterMs: 120_000 })
  })

  test('silence fails as timeout, after one retransmission', async () => {
    const ask = await against('uas-silence', 'udp')
    expect(await ask(400)).toMatchObject({ result: 'fail', reason: 'timeout', attempts: 2 })
  })

  test('a malformed answer that carries our branch is a bad reply', async () => {
    const ask = await against('uas-garbage', 'udp')
    expect(await ask(400)).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test('an answer that comes late fails, and does not count for the next question', async () => {
    const ask = await against('uas-late', 'udp')
    expect(await ask(200)).toMatchObject({ result: 'fail', reason: 'timeout' })
    expect(await ask(100)).toMatchObject({ result: 'fail', reason: 'timeout' })
    expect(await ask(2000)).toMatchObject({ result: 'pass', status: 200 })
  })
})

test.skipIf(installed)('SIPp is not installed (Debian: sip-tester): nothing was compared', () => {
  expect(installed).toBe(false)
})
