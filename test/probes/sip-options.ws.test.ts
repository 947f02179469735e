import { afterEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import * as lab from '../support/sip-behaviours.ts'
import {
  createSipBench,
  type SipBench,
  type SipBenchOptions,
  settled,
  TIMEOUT_MS,
} from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'
import { certificate, issuerPath } from '../support/tls-fixtures.ts'

let bench: SipBench | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

async function open(
  transport: 'ws' | 'wss',
  server: Partial<SipBenchOptions['server']> = {},
  rest: Omit<SipBenchOptions, 'server'> = {},
): Promise<SipBench> {
  const probe = transport === 'wss' ? { ca: issuerPath, ...rest.probe } : rest.probe
  bench = await createSipBench({
    server: { transport, ...server },
    ...rest,
    ...(probe === undefined ? {} : { probe }),
  })
  return bench
}

describe('OPTIONS over a WebSocket', () => {
  test.each(['ws', 'wss'] as const)(
    'passes over %s, with a host in Via and Contact that nobody has',
    async (transport) => {
      const { ask, server } = await open(transport)
      expect(await ask()).toMatchObject({ result: 'pass', reason: 'ok', status: 200, attempts: 1 })
      const [request] = server.requests
      expect(request?.uri).toBe(`sip:127.0.0.1:${server.port};transport=ws`)
      const via = new RegExp(`^SIP/2\\.0/${transport.toUpperCase()} [0-9a-f]{16}\\.invalid;branch=z9hG4bK`)
      expect(request?.header('via')).toMatch(via)
      expect(request?.header('contact')).toMatch(/^<sip:monitor@[0-9a-f]{16}\.invalid;transport=ws>$/)
    },
  )

  test('keeps the connection from question to question', async () => {
    const { ask, server } = await open('ws')
    for (let i = 0; i < 3; i++) expect((await ask()).result).toBe('pass')
    expect(server.accepted).toBe(1)
    expect(server.requests).toHaveLength(3)
    // Each is a request of its own, and names one host in itself.
    expect(new Set(server.requests.map((one) => one.header('from'))).size).toBe(3)
    for (const one of server.requests) {
      const [host] = /[0-9a-f]{16}\.invalid/.exec(one.header('via') ?? '') ?? ['none']
      expect(one.header('contact')).toContain(`@${host};`)
    }
  })

  test('asks again on a new connection where the kept one turns out dead', async () => {
    const { ask, server } = await open('ws')
    await ask()
    server.dropConnections('reset')
    await until(() => server.open === 0, 'the connection to end')
    expect(await ask()).toMatchObject({ result: 'pass' })
    expect(server.accepted).toBe(2)
  })

  test('a kept connection that breaks is told at once', async () => {
    const { ask, server, sip } = await open('ws')
    const lost: string[] = []
    sip.onLost(({ endpoint, reason }) => lost.push(`${endpoint.transport} ${reason}`))
    await ask()
    server.dropConnections('end')
    await until(() => lost.length > 0, 'the loss to be told')
    expect(lost).toEqual(['ws closed'])
  })

  test.each([
    ['no subprotocol', { subprotocol: false as const }, 'bad-reply', /^what came is no WebSocket for SIP: /],
    ['another subprotocol', { subprotocol: 'chat' }, 'bad-reply', /^what came is no WebSocket for SIP: /],
    ['HTTP 404', { refuse: 404 }, 'bad-status', /^no WebSocket here: HTTP status 404$/],
    ['HTTP 302', { refuse: 302 }, 'bad-status', /^no WebSocket here: HTTP status 302$/],
    ['HTTP 503', { refuse: 503 }, 'bad-status', /^no WebSocket here: HTTP status 503$/],
  ])('a server that answers the upgrade with %s fails', async (_what, webSocket, reason, detail) => {
    const { ask } = await open('ws', { webSocket })
    const answer = await ask()
    expect(answer).toMatchObject({ result: 'fail', reason })
    expect(answer.detail).toMatch(detail)
  })

  test('a server that speaks SIP over bare TCP on that port', async () => {
    const { ask } = await open('ws', { transport: 'tcp' }, { probe: { transport: 'ws' } })
    const answer = ask()
    await settled()
    await bench?.time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      detail: 'connected, but the WebSocket handshake did not end',
    })
  })

  test('a frame that is too long ends the connection', async () => {
    const { ask, server } = await open('ws')
    server.behave({ onRequest: (_request, reply) => reply.send('x'.repeat(70_000)) })
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test('empty lines and answers to nothing are passed over', async () => {
    const { ask, server, sip } = await open('ws')
    server.behave({
      onRequest(request, reply) {
        reply.send('\r\n\r\n')
        reply.send(lab.response(request, 200).replace(/branch=[^;\r]*/, 'branch=z9hG4bK-else'))
        reply.send(Buffer.from(lab.response(request, 200), 'latin1'))
      },
    })
    expect(await ask()).toMatchObject({ result: 'pass' })
    expect(sip.counters).toMatchObject({ malformed: 0, foreign: 1 })
  })

  test('a reset in the middle of a question is told as that', async () => {
    const { ask, server } = await open('ws')
    server.behave(lab.resetMidway)
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('a close in the middle of a question is told as that', async () => {
    const { ask, server } = await open('ws')
    server.behave({ onRequest: (_request, reply) => reply.end() })
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'closed' })
  })

  test('each path is a WebSocket of its own, and is asked for', async () => {
    const paths: (string | undefined)[] = []
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'sip' })
    await until(() => server.address() !== null, 'the server to listen')
    server.on('connection', (ws, request) => {
      paths.push(request.url)
      ws.on('message', (data) => {
        const text = String(data)
        ws.send(text.replace(/^OPTIONS .*\r\n/, 'SIP/2.0 200 OK\r\n'))
      })
    })
    const { port } = server.address() as { port: number }
    const { ask } = await open(
      'ws',
      {},
      {
        probe: { path: '/sip?x=1' },
        target: { ports: { udp: port, tcp: port, tls: port, ws: port, wss: port } },
      },
    )
    expect(await ask()).toMatchObject({ result: 'pass' })
    expect(paths).toEqual(['/sip?x=1'])
    for (const client of server.clients) client.terminate()
    await new Promise((resolve) => server.close(resolve))
  })

  test.each([
    ['expired', {}, 'tls-certificate'],
    ['wrong-name', { serverName: 'sip.example.test' }, 'tls-certificate'],
    ['self-signed', { verify: false }, 'ok'],
    ['server', { serverName: 'sip.example.test' }, 'ok'],
  ] as const)('over wss, the certificate %s with %j: %s', async (shown, probe, reason) => {
    const { ask, server } = await open('wss', { tls: certificate(shown) }, { probe })
    expect(await ask()).toMatchObject({ reason })
    if ('serverName' in probe) expect(server.serverNames).toEqual([probe.serverName])
  })
})
