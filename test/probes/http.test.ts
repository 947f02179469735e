import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Prober } from '../../src/probes/definition.ts'
import { http } from '../../src/probes/http.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { createStreamLab } from '../support/stream-lab.ts'
import { type CertificateName, certificate, issuerPath } from '../support/tls-fixtures.ts'
import { VirtualTime } from '../support/virtual-time.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Site {
  readonly port: number
  readonly requests: readonly IncomingMessage[]
  readonly connections: number
  readonly server: Server
}

async function site(handler: Handler, shown?: CertificateName): Promise<Site> {
  const requests: IncomingMessage[] = []
  let connections = 0
  const listen: Handler = (request, response) => {
    requests.push(request)
    handler(request, response)
  }
  const server = shown === undefined ? createServer(listen) : createHttpsServer(certificate(shown), listen)
  server.on(shown === undefined ? 'connection' : 'secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const where = server.address()
  return {
    port: typeof where === 'object' && where !== null ? where.port : 0,
    requests,
    server,
    get connections() {
      return connections
    },
  }
}

async function prober(options: Record<string, unknown>, time = new VirtualTime()): Promise<Prober> {
  const sip = createSipTransports({ clock: time, timers: time })
  const made = http.create(http.options.parse(options), probeDeps({ clock: time, timers: time, sip }))
  await made.start()
  cleanups.push(() => made.close())
  return made
}

async function ask(options: Record<string, unknown>, target = {}): Promise<Outcome> {
  const made = await prober(options)
  return made.ask(labTarget(1, target), '127.0.0.1', { timeoutMs: 1000 })
}

const fine: Handler = (_request, response) => {
  response.setHeader('X-Calls', '17')
  response.end('{"status":"ok"}')
}

describe('the http probe', () => {
  test('asks the address with the host it is given, and says little of itself', async () => {
    const { port, requests } = await site(fine)
    const answer = await ask({
      port,
      path: '/status?full=1',
      host: 'pbx.example.com',
      headers: { 'X-Key': 'v' },
    })
    expect(answer).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'status 200',
      status: 200,
      attempts: 1,
      rttMs: 0,
    })
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/status?full=1' })
    expect(requests[0]?.headers).toEqual({
      host: 'pbx.example.com',
      'user-agent': 'sipvane (+health check)',
      accept: '*/*',
      'x-key': 'v',
      connection: 'close',
    })
  })

  test('without a host it names the server name, else the address', async () => {
    const { port, requests } = await site(fine)
    await ask({ port })
    await ask({ port }, { serverName: 'sip.example.com' })
    expect(requests.map(({ headers }) => headers.host)).toEqual([
      `127.0.0.1:${port}`,
      `sip.example.com:${port}`,
    ])
  })

  test.each([
    [{}, 'ok', 'status 200'],
    [{ status: [204] }, 'unexpected', 'status 200 is not among those expected'],
    [{ status: ['200-204', '3xx'] }, 'ok', 'status 200'],
    [{ body: '"status":"ok"' }, 'ok', 'status 200'],
    [{ body: '/"status": *"OK"/i' }, 'ok', 'status 200'],
    [{ body: 'degraded' }, 'unexpected', 'status 200, but not degraded in the body: {"status":"ok"}'],
    [{ expectHeaders: { 'x-calls': '/^\\d+$/' } }, 'ok', 'status 200'],
    [{ expectHeaders: { 'X-Calls': '/^\\d$/' } }, 'unexpected', 'header x-calls is 17'],
    [{ expectHeaders: { 'X-None': 'x' } }, 'unexpected', 'status 200, no header x-none'],
    [{ method: 'HEAD' }, 'ok', 'status 200'],
  ])('%j: %s', async (options, reason, detail) => {
    const { port } = await site(fine)
    expect(await ask({ port, ...options })).toMatchObject({ reason, detail, status: 200 })
  })

  test.each([
    [503, 'bad-status'],
    [404, 'unexpected'],
    [302, 'unexpected'],
  ])('status %i fails as %s, and no redirect is followed', async (status, reason) => {
    const { port, requests } = await site((_request, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    expect(await ask({ port })).toMatchObject({ result: 'fail', reason, status })
    expect(requests).toHaveLength(1)
  })

  test('an endless body is read for 64 KB', async () => {
    const { port } = await site((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('y'.repeat(10_000)));
      }
      response.on('drain', more)
      more()
    })
    const answer = await ask({ port, body: 'never' })
    expect(answer).toMatchObject({ result: 'fail', reason: 'unexpected' })
    expect(answer.detail).toMatch(/^status 200, but not never in the body: y{80}$/)
  })

  test('an answer that breaks off is a reset', async () => {
    const { port } = await site((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => response.destroy())
    })
    expect(await ask({ port })).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('what is not HTTP is a bad reply', async () => {
    const lab = await createStreamLab()
    cleanups.push(() => lab.close())
    lab.behave({ greet: 'SIP/2.0 200 OK\r\n\r\n' })
    expect(await ask({ port: lab.port })).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test('silence is a timeout, and the connection is let go', async () => {
    const time = new VirtualTime()
    const { port, requests, server } = await site(() => {})
    const made = await prober({ port }, time)
    const answer = made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
    await until(() => requests.length === 1, 'the request')
    await time.advance(1000)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout' })
    expect(time.pending).toBe(0)
    let open = 1
    await until(() => {
      server.getConnections((_error, count) => {
        open = count
      })
      return open === 0
    }, 'the connection to end')
  })

  test('keepAlive keeps the connection; a kept one that died is no fail', async () => {
    const here = await site(fine)
    const made = await prober({ port: here.port, keepAlive: true })
    const once = () => made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
    for (let i = 0; i < 3; i++) expect(await once()).toMatchObject({ result: 'pass' })
    expect(here.connections).toBe(1)
    // Our side has not read the end yet when it asks again.
    here.server.closeAllConnections()
    expect(await once()).toMatchObject({ result: 'pass' })
    expect(here.connections).toBe(2)
  })

  test('a kept connection is renewed every ten minutes: only a new one shows that new ones are taken, and the certificate on duty', async () => {
    const here = await site(fine, 'server')
    const time = new VirtualTime()
    const options = { port: here.port, tls: true, ca: issuerPath, keepAlive: true }
    const made = await prober(options, time)
    const once = () => made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
    for (const afterMs of [0, 300_000, 300_000]) {
      await time.advance(afterMs)
      expect(await once()).toMatchObject({ result: 'pass' })
    }
    expect(here.connections).toBe(1)
    await time.advance(1)
    expect(await once()).toMatchObject({ result: 'pass' })
    expect(here.connections).toBe(2)
    ;(here.server as HttpsServer).setSecureContext(certificate('expired'))
    expect(await once()).toMatchObject({ result: 'pass' })
    await time.advance(600_001)
    expect(await once()).toMatchObject({ result: 'fail', reason: 'tls-certificate' })
  })

  test('without keepAlive each question has a connection of its own', async () => {
    const here = await site(fine)
    const made = await prober({ port: here.port })
    for (let i = 0; i < 3; i++) await made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
    expect(here.connections).toBe(3)
  })

  test.each<[CertificateName, Record<string, unknown>, string]>([
    ['server', { serverName: 'sip.example.test' }, 'ok'],
    ['server', {}, 'ok'],
    ['wrong-name', { serverName: 'sip.example.test' }, 'tls-certificate'],
    ['expired', { serverName: 'sip.example.test' }, 'tls-certificate'],
    ['self-signed', { verify: false }, 'ok'],
  ])('over TLS, %s with %j: %s', async (shown, options, reason) => {
    const { port } = await site(fine, shown)
    for (const keepAlive of [false, true]) {
      expect(await ask({ port, tls: true, ca: issuerPath, keepAlive, ...options })).toMatchObject({ reason })
    }
  })

  test('over TLS to a port that speaks plain HTTP', async () => {
    const { port } = await site(fine)
    expect(await ask({ port, tls: true })).toMatchObject({ result: 'fail', reason: 'tls-handshake' })
  })

  test.each([
    [{ path: 'status' }],
    [{ path: '/a b' }],
    [{ path: '/a\r\nX: y' }],
    [{ path: '/#x' }],
    [{ host: 'a/b' }],
    [{ headers: { 'X Y': 'v' } }],
    [{ headers: { X: 'a\r\nb' } }],
    [{ headers: { Host: 'x' } }],
    [{ status: ['299-200'] }],
    [{ verify: false }],
    [{ method: 'HEAD', body: 'x' }],
    [{ method: 'POST' }],
    [{ body: '/(/' }],
  ])('%j is refused', (given) => {
    expect(http.options.safeParse(given).success).toBe(false)
  })
})
