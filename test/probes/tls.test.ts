import { X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { tls } from '../../src/probes/tls.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { createStreamLab, type StreamBehaviour, type StreamLab } from '../support/stream-lab.ts'
import { type CertificateName, certificate, issuerPath } from '../support/tls-fixtures.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const DAY_MS = 86_400_000
const ENDS_MS = Date.parse(new X509Certificate(certificate('server').cert).validTo)

let lab: StreamLab | undefined
afterEach(() => lab?.close())

interface Given {
  readonly shown?: CertificateName
  readonly options?: Record<string, unknown>
  readonly behaviour?: StreamBehaviour
  /** The probe's clock; its verifier goes by the system's. */
  readonly nowMs?: number
  readonly plain?: boolean
  /** Moves time past the time-out once the connection is there. */
  readonly late?: boolean
}

async function ask(given: Given): Promise<Outcome> {
  const { shown = 'server', options = {}, behaviour = {}, nowMs = Date.now(), plain = false } = given
  const server = await createStreamLab(plain ? {} : { tls: certificate(shown) })
  lab = server
  server.behave(behaviour)
  const time = new VirtualTime(nowMs)
  const sip = createSipTransports({ clock: time, timers: time })
  const settings = tls.options.parse({ ca: issuerPath, ...options })
  const prober = tls.create(settings, probeDeps({ clock: time, timers: time, sip }))
  await prober.start()
  const asked = prober.ask(labTarget(server.port), '127.0.0.1', { timeoutMs: 1000 })
  if (given.late === true) {
    await until(() => server.accepted > 0, 'the connection')
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
    await time.advance(1000)
  }
  const answer = await asked
  expect(time.pending).toBe(0)
  // Nobody reads from a connection that is held or ended, so its end goes unseen there.
  if (behaviour.onConnection === undefined) await until(() => server.open === 0, 'the connection to end')
  return answer
}

describe('the tls probe', () => {
  test('passes, and tells both ways to see the name, and how long it lasts', async () => {
    const answer = await ask({ options: { serverName: 'sip.example.test' } })
    expect(answer).toMatchObject({ result: 'pass', reason: 'ok', attempts: 1, rttMs: 0 })
    expect(answer.detail).toMatch(/^TLSv1\.3, RFC 5922 strict: yes, hostname: yes, ends in \d+ days$/)
    expect(answer.impaired).toBeUndefined()
    expect(lab?.serverNames).toEqual(['sip.example.test'])
  })

  test.each<[string, CertificateName, Record<string, unknown>, string, string]>([
    ['an address, without a name', 'server', {}, 'ok', 'strict: no, hostname: yes'],
    [
      'an address, where RFC 5922 is asked for',
      'server',
      { strict: true },
      'tls-certificate',
      'not for 127.0.0.1;',
    ],
    [
      'a SIP domain as URI alone',
      'sip-uri',
      { serverName: 'example.test' },
      'ok',
      'strict: yes, hostname: no',
    ],
    ['the same, strict', 'sip-uri', { serverName: 'example.test', strict: true }, 'ok', 'strict: yes'],
    [
      'a host name beside a SIP URI, strict',
      'sip-uri',
      { serverName: 'host.invalid', strict: true },
      'tls-certificate',
      'not for host.invalid',
    ],
    [
      'a host name beside a SIP URI',
      'sip-uri',
      { serverName: 'host.invalid' },
      'ok',
      'strict: no, hostname: yes',
    ],
    [
      'another name',
      'wrong-name',
      { serverName: 'sip.example.test' },
      'tls-certificate',
      'not for sip.example.test',
    ],
    ['another name, unchecked', 'wrong-name', { verify: false }, 'ok', 'hostname: no'],
    [
      'an expired one',
      'expired',
      { serverName: 'sip.example.test' },
      'tls-certificate',
      'the certificate has expired (CERT_HAS_EXPIRED)',
    ],
    [
      'its own issuer',
      'self-signed',
      { serverName: 'sip.example.test' },
      'tls-certificate',
      'unknown issuer',
    ],
    ['its own issuer, unchecked', 'self-signed', { verify: false }, 'ok', 'TLSv1.3'],
  ])('%s', async (_what, shown, options, reason, detail) => {
    const answer = await ask({ shown, options })
    expect(answer.reason).toBe(reason)
    expect(answer.detail).toContain(detail)
  })

  test('an expired one, unchecked, passes impaired', async () => {
    expect(await ask({ shown: 'expired', options: { verify: false } })).toMatchObject({
      result: 'pass',
      impaired: 'the certificate has expired',
    })
  })

  test.each([
    [22, {}, undefined, 'ok'],
    [21, {}, undefined, 'ok'],
    [20, {}, 'the certificate ends in 20 days', 'ok'],
    [0, {}, 'the certificate ends in 0 days', 'ok'],
    [20, { minDays: 7 }, undefined, 'ok'],
    [-1, {}, undefined, 'tls-certificate'],
  ])('with %i days left and %j: impaired %s', async (days, options, impaired, reason) => {
    // An hour more, so that the floor of days is what the title says.
    const answer = await ask({ options, nowMs: ENDS_MS - days * DAY_MS - DAY_MS / 24 })
    expect(answer).toMatchObject({ reason })
    expect(answer.impaired).toBe(impaired)
  })

  test('a server that speaks no TLS', async () => {
    const answer = await ask({ plain: true, behaviour: { greet: 'SIP/2.0 400 Bad Request\r\n\r\n' } })
    expect(answer).toMatchObject({ result: 'fail', reason: 'tls-handshake' })
  })

  test('a handshake that the far end ends', async () => {
    expect(await ask({ behaviour: { onConnection: 'end' } })).toMatchObject({
      result: 'fail',
      reason: 'tls-handshake',
    })
  })

  test('a reset in the middle of the handshake is the failure of the handshake', async () => {
    const answer = await ask({
      plain: true,
      behaviour: {
        onData: (_text, reply) => {
          reply.reset()
          return true
        },
      },
    })
    expect(answer).toMatchObject({ result: 'fail', reason: 'tls-handshake', attempts: 1 })
  })

  test('a reset, be it before or after the connection was seen', async () => {
    const answer = await ask({ behaviour: { onConnection: 'reset' } })
    expect(['reset', 'tls-handshake']).toContain(answer.reason)
  })

  test('a handshake that never ends is a timeout', async () => {
    expect(await ask({ behaviour: { onConnection: 'hold' }, late: true })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
    })
  })

  test('a ca file that holds no certificate is told at the start', async () => {
    const time = new VirtualTime()
    const sip = createSipTransports({ clock: time, timers: time })
    const prober = tls.create(
      tls.options.parse({ ca: '/etc/passwd' }),
      probeDeps({ clock: time, timers: time, sip }),
    )
    await expect(prober.start()).rejects.toMatchObject({ code: 'tls-ca-unusable' })
  })
})
