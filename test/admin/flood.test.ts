import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ADMIN_LIMITS, type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import type { Facade } from '../../src/app/facade.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const LIMITS = { connections: 20, requestTimeoutMs: 400, sweepMs: 100 }
const AUTHORIZED = 'Host: localhost\r\nAuthorization: Bearer let-me-in\r\n'
const OVERRIDE = '/v1/pools/edge/targets/sip1/override'

let server: AdminServer | undefined
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await server?.close()
  server = undefined
})

async function start() {
  const orders: unknown[] = []
  const facade = {
    notReady: () => [],
    lb: () => undefined,
    status: () => ({ node: 'ns1', pools: {}, filler: 'x'.repeat(100_000) }),
    setOverride: (_pool: string, _target: string, order: unknown) => orders.push(order) > 0,
    events: { recent: () => [], subscribe: () => () => {} },
  } as unknown as Facade
  const logger = recordingLogger()
  const listen = { address: '127.0.0.1', port: 0 }
  server = createAdminServer({ listen, token: 'let-me-in' }, facade, logger, LIMITS)
  const { port } = await server.listen()
  return { port, orders, logger }
}

/** A connection that has said `text`; `said` grows, `closed` is when the server ended it. */
async function talk(port: number, text = '') {
  const socket = connect(port, '127.0.0.1')
  sockets.add(socket)
  const end = { said: '', closed: false }
  socket.on('data', (chunk) => {
    end.said += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    end.closed = true
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  if (text !== '') socket.write(text)
  return { socket, end }
}

async function until(holds: () => boolean, patienceMs = 10_000): Promise<boolean> {
  for (let waited = 0; waited < patienceMs && !holds(); waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10))
  return holds()
}

const alive = async (port: number) =>
  (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200

describe('connections to the admin API', () => {
  it('are so many and no more, and are to be had again when silent and slow ones have had their time', async () => {
    const { port } = await start()
    const held = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        talk(port, index % 2 === 0 ? '' : 'GET /healthz HTTP/1.1\r\nHo'),
      ),
    )
    const open = () => held.filter(({ end }) => !end.closed).length
    expect(await until(() => open() <= LIMITS.connections)).toBe(true)
    expect(await until(() => open() === 0)).toBe(true)
    expect(await alive(port)).toBe(true)
  })

  it('that drip a header or a body never hold longer than a request may take', async () => {
    const { port } = await start()
    const head = await talk(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
    const body = await talk(
      port,
      `PUT ${OVERRIDE} HTTP/1.1\r\n${AUTHORIZED}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n`,
    )
    const drip = setInterval(() => {
      head.socket.write('X-A: b\r\n')
      body.socket.write(' ')
    }, 50)
    const ended = await until(() => head.end.closed && body.end.closed)
    clearInterval(drip)
    expect(ended).toBe(true)
    expect(await alive(port)).toBe(true)
  })

  it('of the usual instance are far fewer than a process may have files', () => {
    expect(ADMIN_LIMITS.connections).toBeLessThanOrEqual(512)
    expect(ADMIN_LIMITS.requestTimeoutMs).toBeLessThanOrEqual(10_000)
  })
})

describe('what is no sound request', () => {
  const put = (body: string) =>
    `PUT ${OVERRIDE} HTTP/1.1\r\n${AUTHORIZED}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`

  it.each([
    [
      'a header of 100,000 octets',
      `GET /v1/status HTTP/1.1\r\n${AUTHORIZED}X-A: ${'a'.repeat(100_000)}\r\n\r\n`,
      431,
    ],
    ['a path of 100,000 octets', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${AUTHORIZED}\r\n`, 431],
    ['no Host', 'GET /v1/status HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      `PUT ${OVERRIDE} HTTP/1.1\r\n${AUTHORIZED}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400,
    ],
    [
      'a length and chunks',
      `PUT ${OVERRIDE} HTTP/1.1\r\n${AUTHORIZED}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['octets that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['a body with __proto__', put('{"kind":"down","__proto__":{"admin":true}}'), 400],
    [
      'a body with constructor.prototype',
      put('{"kind":"down","constructor":{"prototype":{"admin":true}}}'),
      400,
    ],
    ['a body nested 20,000 deep', put(`${'['.repeat(20_000)}${']'.repeat(20_000)}`), 400],
    ['a body over the limit', put(`{"kind":"down","reason":"${'a'.repeat(100_000)}"}`), 413],
    ['half a body of JSON', put('{"kind":"do'), 400],
    ['a body of another kind', put('{"kind":"down"}').replace('application/json', 'text/xml'), 415],
    [
      'a path out of its folder',
      `GET /lb/../v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      404,
    ],
    [
      'a path out of its folder, escaped',
      `GET /lb/%2e%2e%2fv1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      404,
    ],
    [
      'an open path and more',
      `GET /healthz;/../v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      401,
    ],
    [
      'a path in absolute form',
      `GET http://x/healthz/../v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      401,
    ],
  ])('%s is refused, and nobody else notices', async (_what, text, status) => {
    const { port, orders } = await start()
    const { end } = await talk(port, text)
    await until(() => end.closed || /^HTTP\/1\.1 \d{3}/.test(end.said))
    expect(end.said.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect(end.said).not.toContain('filler')
    expect(orders).toEqual([])
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
    expect(await alive(port)).toBe(true)
  })

  it('ten thousand pipelined without the token are ten thousand refusals', async () => {
    const { port } = await start()
    const { end } = await talk(port, 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(10_000))
    const refused = () => end.said.split('HTTP/1.1 401').length - 1
    expect(await until(() => refused() === 10_000)).toBe(true)
    expect(end.said).not.toContain('filler')
    expect(await alive(port)).toBe(true)
  })
})
