/** Test calls to baresip, a user agent of its own, with its echo. Needs `baresip` (Debian: baresip-core); skipped without it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { rtpEcho } from '../../src/probes/rtp-echo.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { freePort, startProcess } from '../support/sip-process.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const installed = hasPeer('baresip', 'baresip-core')
/** Where Debian puts them, by architecture or not. */
const MODULES = '/usr/lib/baresip/modules'

/** Takes any call at once and sends its audio back, decoded and coded again. */
const config = (port: number) => `poll_method epoll
sip_listen 127.0.0.1:${port}
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
net_interface 127.0.0.1
module_path ${MODULES}
module g711.so
module aubridge.so
module_app account.so
module_app echo.so
`

describe.skipIf(!installed)('baresip', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  let port = 0
  let output = () => ''

  const ask = async (
    definition: ProbeDefinition,
    options: Readonly<Record<string, unknown>>,
    texts: string[] = [],
  ): Promise<Outcome> => {
    const prober = definition.create(definition.options.parse({ extension: 'echo', ...options }), deps)
    await prober.start()
    const trace = (step: { direction: string; text: string }) => texts.push(`${step.direction} ${step.text}`)
    const outcome = await prober.ask(labTarget(port), '127.0.0.1', { timeoutMs: 10_000, trace })
    await prober.close()
    return outcome
  }

  beforeAll(async () => {
    port = await freePort()
    const cwd = await mkdtemp(join(tmpdir(), 'sipvane-baresip-'))
    await writeFile(join(cwd, 'config'), config(port))
    await writeFile(join(cwd, 'accounts'), `<sip:echo@127.0.0.1:${port}>;regint=0;answermode=auto\n`)
    await writeFile(join(cwd, 'contacts'), '')
    const baresip = startProcess('baresip', ['-f', cwd, '-v'], cwd)
    output = baresip.output
    cleanups.push(
      () => sip.close(),
      () => baresip.stop(),
      () => rm(cwd, { recursive: true }),
    )
    await until(() => output().includes('baresip is ready'), 'baresip to be ready', 15_000)
  })

  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test.each(['udp', 'tcp'])('takes the call over %s and confirms its end', async (transport) => {
    const texts: string[] = []
    const outcome = await ask(sipInvite as ProbeDefinition, { transport }, texts)
    expect(outcome, texts.join('\n')).toMatchObject({
      result: 'pass',
      reason: 'ok',
      status: 200,
      attempts: 1,
    })
    expect(texts.filter((text) => text.startsWith('sent BYE'))).toHaveLength(1)
  })

  test('to whom nobody of that name is known says so', async () => {
    expect(await ask(sipInvite as ProbeDefinition, { extension: 'nobody' })).toMatchObject({
      result: 'fail',
      reason: 'bad-status',
      status: 404,
    })
  })

  test.each(['pcmu', 'pcma'])(
    'sends our audio back in %s, decoded and coded again, and we know it again',
    async (codec) => {
      const outcome = await ask(rtpEcho as ProbeDefinition, {
        duration: '2s',
        codecs: [codec],
        maxLoss: 60,
        maxJitter: '1s',
        maxRtt: '2s',
      })
      expect(outcome, output()).toMatchObject({ result: 'pass', reason: 'ok', status: 200 })
      expect(outcome.impaired).toBeUndefined()
      const ours = Number(/(\d+) of ours/.exec(outcome.detail ?? '')?.[1])
      expect(ours).toBeGreaterThan(40)
    },
  )
})

test.skipIf(installed)('baresip is not installed (Debian: baresip-core): nothing was compared', () => {
  expect(installed).toBe(false)
})
