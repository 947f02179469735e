import { X509Certificate } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import * as lab from '../support/sip-behaviours.ts'
import {
  createSipBench,
  type SipBench,
  type SipBenchOptions,
  settled,
  TIMEOUT_MS,
} from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'
import { certificate, issuer, issuerPath } from '../support/tls-fixtures.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('OPTIONS over TLS', () => {
  const tls = async (
    options: Omit<SipBenchOptions, 'server'> = {},
    name: Parameters<typeof certificate>[0] = 'server',
    more: Record<string, unknown> = {},
  ): Promise<SipBench> => {
    const made = await createSipBench({
      server: { transport: 'tls', tls: { ...certificate(name), ...more } },
      startMs: Date.UTC(2026, 0, 1),
      ...options,
      probe: { ca: issuerPath, ...options.probe },
    })
    cleanups.push(() => made.close())
    return made
  }

  test('a trusted certificate for the address passes without a name', async () => {
    const { ask, server } = await tls()
    expect(await ask()).toMatchObject({ result: 'pass', reason: 'ok' })
    expect(await ask()).toMatchObject({ result: 'pass' })
    expect(server.accepted).toBe(1)
    expect(server.serverNames).toEqual([])
    expect(server.requests[0]?.header('via')).toMatch(/^SIP\/2\.0\/TLS /)
  })

  test("the target's name is asked for by SNI and checked; the probe's own comes first", async () => {
    const byTarget = await tls({ target: { serverName: 'sip.example.test' } })
    expect(await byTarget.ask()).toMatchObject({ result: 'pass' })
    expect(byTarget.server.serverNames).toEqual(['sip.example.test'])
    const byProbe = await tls({
      probe: { serverName: 'sip.example.test' },
      target: { serverName: 'elsewhere.example.test' },
    })
    expect(await byProbe.ask()).toMatchObject({ result: 'pass' })
  })

  test('a SIP domain in a URI of the certificate names the server (RFC 5922 section 7.1)', async () => {
    const { ask } = await tls({ target: { serverName: 'example.test' } }, 'sip-uri')
    expect(await ask()).toMatchObject({ result: 'pass' })
    const other = await tls({ target: { serverName: 'sip.example.test' } }, 'sip-uri')
    expect(await other.ask()).toMatchObject({ reason: 'tls-certificate' })
  })

  test.each([
    ['expired', 'the certificate has expired (CERT_HAS_EXPIRED)'],
    ['wrong-name', 'the certificate is not for sip.example.test (ERR_TLS_CERT_ALTNAME_INVALID)'],
    ['self-signed', 'the certificate is self-signed: unknown issuer (DEPTH_ZERO_SELF_SIGNED_CERT)'],
  ] as const)('the certificate `%s` fails and says why', async (name, detail) => {
    const { ask, sip } = await tls({ target: { serverName: 'sip.example.test' } }, name)
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'tls-certificate', detail })
    expect(sip.sockets).toBe(0)
  })

  test('an issuer that we do not know fails as certificate', async () => {
    const { ask } = await createSipBench({ server: { transport: 'tls' } }).then((made) => {
      cleanups.push(() => made.close())
      return made
    })
    expect(await ask()).toMatchObject({
      reason: 'tls-certificate',
      detail: expect.stringMatching(/^unknown issuer/),
    })
  })

  test('without verification any certificate passes', async () => {
    const { ask } = await tls({ probe: { verify: false } }, 'expired')
    expect(await ask()).toMatchObject({
      result: 'pass',
      reason: 'ok-noted',
      detail: '200 OK: the certificate has expired',
    })
  })

  test('a certificate that ends soon is noted, and the server passes', async () => {
    const { ask } = await tls({ startMs: Date.UTC(2119, 11, 27) })
    expect(await ask()).toMatchObject({
      result: 'pass',
      reason: 'ok-noted',
      detail: '200 OK: the certificate ends in 5 days',
    })
  })

  test('a kept connection is renewed once the certificate that it began with has ended', async () => {
    const endsMs = Date.parse(new X509Certificate(certificate('server').cert).validTo)
    const { ask, server, time } = await tls({ startMs: endsMs - 10_000 })
    for (const afterMs of [0, 5000, 5000]) {
      await time.advance(afterMs)
      expect(await ask()).toMatchObject({ result: 'pass' })
    }
    expect(server.accepted).toBe(1)
    await time.advance(1)
    expect(await ask()).toMatchObject({ detail: '200 OK: the certificate has expired' })
    expect(server.accepted).toBe(2)
  })

  test('a server that speaks no TLS fails as handshake', async () => {
    const plain = await createSipServer({ transport: 'tcp' })
    plain.behave({ onRequest: () => {}, onConnection: 'end' })
    cleanups.push(() => plain.close())
    const { prober, target } = await tls()
    const ports = { ...target.ports, tls: plain.port }
    const answer = await prober.ask({ ...target, ports }, plain.address, { timeoutMs: TIMEOUT_MS })
    expect(answer).toMatchObject({ result: 'fail', reason: 'tls-handshake' })
  })

  test('a server that wants a certificate of ours refuses behind the handshake of TLS 1.3: that fails as handshake', async () => {
    const wants = { ...certificate('server'), requestCert: true, rejectUnauthorized: true, ca: issuer() }
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const strict = createServer({ ...wants, maxVersion })
      strict.on('tlsClientError', () => {})
      await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
      cleanups.push(() => new Promise((resolve) => strict.close(() => resolve())))
      const { prober, target } = await tls()
      const ports = { ...target.ports, tls: (strict.address() as AddressInfo).port }
      const answer = await prober.ask({ ...target, ports }, '127.0.0.1', { timeoutMs: TIMEOUT_MS })
      expect(answer).toMatchObject({ result: 'fail', reason: 'tls-handshake' })
    }
  })

  test('TLS 1.1 is too old', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    const { ask } = await tls({}, 'server', old)
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'tls-handshake' })
  })

  test('a handshake that never ends times out and says so', async () => {
    const { ask, server, time, sip } = await tls()
    server.behave(lab.halfOpen)
    const answer = ask()
    await until(() => server.accepted === 1, 'the connection')
    await settled()
    await time.advance(TIMEOUT_MS)
    expect(await answer).toEqual({
      result: 'fail',
      reason: 'timeout',
      detail: 'connected, but the TLS handshake did not end',
      attempts: 1,
    })
    expect(sip.sockets).toBe(0)
  })

  test('a reset in the middle of the handshake is a handshake failure', async () => {
    const { ask, server } = await tls()
    server.behave(lab.resetOnConnect)
    expect(await ask()).toMatchObject({
      result: 'fail',
      reason: expect.stringMatching(/^(tls-handshake|reset)$/),
    })
  })

  test('a ca file that is missing or holds no certificate stops the start', async () => {
    await expect(tls({ probe: { ca: '/nonexistent/ca.pem' } })).rejects.toMatchObject({
      code: 'tls-ca-unusable',
    })
    await expect(tls({ probe: { ca: import.meta.filename } })).rejects.toMatchObject({
      code: 'tls-ca-unusable',
    })
  })
})
