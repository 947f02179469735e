import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import { EventLog } from '../../src/app/event-log.ts'
import type { Facade } from '../../src/app/facade.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { realTime } from '../support/sip-real-time.ts'

let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start() {
  const log = new EventLog({ clock: realTime, logger: silentLogger, node: 'ns1', defer: setImmediate })
  const facade = { events: log } as unknown as Facade
  server = createAdminServer(
    { listen: { address: '127.0.0.1', port: 0 }, token: 'secret-token' },
    facade,
    silentLogger,
  )
  const { port } = await server.listen()
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: 'Bearer secret-token', ...headers },
    })
  const tell = (serial: number, zone = 'z.') => log.tell({ type: 'zone.changed', zone, serial })
  return { get, tell, log, port }
}

/** Reads from a stream until the text is in it. */
async function readUntil(response: Response, text: string): Promise<string> {
  let seen = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  while (reader !== undefined && !seen.includes(text)) {
    const { value, done } = await reader.read()
    if (done) break
    seen += value
  }
  await reader?.cancel()
  return seen
}

/** A connection with a stream of events; paused until it is listened to. */
async function rawReader(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const lines = ['GET /v1/events HTTP/1.1', 'Host: localhost', 'Authorization: Bearer secret-token']
  socket.write([...lines, `Accept: ${STREAM.accept}`, '', ''].join('\r\n'))
  await once(socket, 'readable')
  return socket
}

const STREAM = { accept: 'text/event-stream' }

describe('GET /v1/events', () => {
  it('lists the last events, oldest first, and those behind an id', async () => {
    const { get, tell, log } = await start()
    for (const serial of [1, 2, 3]) tell(serial)
    const { events } = (await (await get('/v1/events?limit=2')).json()) as { events: { serial: number }[] }
    expect(events.map(({ serial }) => serial)).toEqual([2, 3])
    const [, second] = log.recent()
    const behind = await (await get(`/v1/events?after=${second?.id}`)).json()
    expect(behind).toMatchObject({ events: [{ serial: 3 }] })
  })

  it.each(['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2'])('refuses ?%s', async (query) => {
    const { get } = await start()
    expect((await get(`/v1/events?${query}`)).status).toBe(400)
  })

  it('asks for the token, as a stream as well', async () => {
    const { port } = await start()
    expect((await fetch(`http://127.0.0.1:${port}/v1/events`, { headers: STREAM })).status).toBe(401)
  })

  it('streams what happens from now on', async () => {
    const { get, tell } = await start()
    tell(1)
    await new Promise((resolve) => setImmediate(resolve))
    const response = await get('/v1/events', STREAM)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    tell(2)
    const seen = await readUntil(response, '"serial":2')
    expect(seen).toMatch(/\nid: \S+\nevent: zone\.changed\ndata: \{.*"serial":2/)
    expect(seen).not.toContain('"serial":1')
  })

  it('gives a reader that comes back what it missed', async () => {
    const { get, tell, log } = await start()
    for (const serial of [1, 2]) tell(serial)
    const response = await get('/v1/events', { ...STREAM, 'last-event-id': log.recent()[0]?.id ?? '' })
    expect(await readUntil(response, '"serial":2')).not.toContain('"serial":1')
  })

  it('lets a reader go that does not read, and others go on having everything', async () => {
    const { tell, port } = await start()
    const stuck = await rawReader(port)
    const reader = await rawReader(port)
    let octets = 0
    reader.on('data', (chunk: Buffer) => {
      octets += chunk.length
    })
    let closed = false
    // The server's end; the reader that is stuck learns of it only when it reads on.
    const serverEnds = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
    const before = serverEnds()
    for (let serial = 1; serial <= 2_000 && !closed; serial++) {
      tell(serial, 'z'.repeat(20_000))
      for (let turn = 0; turn < 5_000 && octets < serial * 20_000; turn++)
        await new Promise((resolve) => setImmediate(resolve))
      expect(octets).toBeGreaterThanOrEqual(serial * 20_000)
      closed = serverEnds() < before
    }
    expect(closed).toBe(true)
    expect(reader.destroyed).toBe(false)
    stuck.destroy()
    reader.destroy()
  })

  it('does not keep the server from closing', async () => {
    const { get } = await start()
    const response = await get('/v1/events', STREAM)
    await server?.close()
    server = undefined
    await expect(response.text()).rejects.toThrow()
  })
})
