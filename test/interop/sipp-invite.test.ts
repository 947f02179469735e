/** Test calls to SIPp, whose SIP stack and RTP echo are none of ours. Needs `sipp` (Debian: sip-tester); skipped without it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { rtpEcho } from '../../src/probes/rtp-echo.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
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

interface Rig {
  ask(timeoutMs: number): Promise<Outcome>
  readonly texts: string[]
  output(): string
}

async function against(
  definition: ProbeDefinition,
  options: Readonly<Record<string, unknown>>,
  args: readonly string[],
  transport: 'udp' | 'tcp' = 'udp',
): Promise<Rig> {
  const port = await freePort()
  const mediaPort = await freePort()
  const cwd = await mkdtemp(join(tmpdir(), 'sipvane-sipp-'))
  cleanups.push(() => rm(cwd, { recursive: true }))
  const where = ['-i', '127.0.0.1', '-p', String(port), '-mi', '127.0.0.1', '-mp', String(mediaPort)]
  const mode = ['-t', transport === 'udp' ? 'u1' : 't1', '-nostdin', '-trace_err', '-trace_stat', '-fd', '1']
  const sipp = startProcess('sipp', [...args, ...where, ...mode], cwd)
  cleanups.push(() => sipp.stop())
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  const prober = definition.create(
    definition.options.parse({ extension: '600', transport, ...options }),
    deps,
  )
  await prober.start()
  cleanups.push(
    () => sip.close(),
    () => prober.close(),
  )
  const texts: string[] = []
  return {
    texts,
    output: sipp.output,
    // Until it listens, the port refuses: what is asked first after that is the test's own question.
    async ask(timeoutMs) {
      for (let tries = 0; tries < 200; tries++) {
        texts.length = 0
        const trace = (step: { direction: string; text: string }) =>
          texts.push(`${step.direction} ${step.text}`)
        const answer = await prober.ask(labTarget(port), '127.0.0.1', { timeoutMs, trace })
        if (answer.reason !== 'refused') return answer
        await new Promise<void>((resolve) => setTimeout(resolve, 25))
      }
      throw new Error(`sipp never listened:\n${sipp.output()}`)
    },
  }
}

describe.skipIf(!installed)('SIPp', () => {
  test.each(['udp', 'tcp'] as const)(
    'takes the call over %s, again and again, and confirms its end',
    async (transport) => {
      const rig = await against(sipInvite as ProbeDefinition, {}, ['-sn', 'uas'], transport)
      for (let round = 0; round < 3; round++) {
        expect(await rig.ask(6000)).toMatchObject({ result: 'pass', reason: 'ok', status: 200, attempts: 1 })
      }
      const lines = rig.texts.map((text) => text.split('\n')[0] ?? '')
      expect(lines.filter((line) => /^(?:sent|received)/.test(line))).toEqual([
        expect.stringMatching(/^sent INVITE sip:600@/),
        'received SIP/2.0 180 Ringing',
        'received SIP/2.0 200 OK',
        expect.stringMatching(/^sent ACK sip:/),
        expect.stringMatching(/^sent BYE sip:/),
        'received SIP/2.0 200 OK',
      ])
    },
  )

  test('sends our audio back: no loss, and a round trip', async () => {
    const rig = await against(rtpEcho as ProbeDefinition, { duration: '1s', maxJitter: '1s' }, [
      '-sn',
      'uas',
      '-rtp_echo',
    ])
    const outcome = await rig.ask(8000)
    expect(outcome).toMatchObject({ result: 'pass', reason: 'ok', status: 200 })
    expect(outcome.impaired).toBeUndefined()
    expect(outcome.detail).toMatch(
      /^50 packets sent, 50 heard, 50 of ours, loss 0\.0 %, jitter [\d.]+ ms, round trip [\d.]+ ms$/,
    )
    expect(outcome.rttMs).toBeGreaterThan(0)
  })

  test('that takes the call and sends no audio back is dead media', async () => {
    const rig = await against(rtpEcho as ProbeDefinition, { duration: '400ms' }, ['-sn', 'uas'])
    expect(await rig.ask(8000)).toMatchObject({ result: 'fail', reason: 'media-dead', status: 200 })
  })
})

test.skipIf(installed)('SIPp is not installed (Debian: sip-tester): nothing was compared', () => {
  expect(installed).toBe(false)
})
