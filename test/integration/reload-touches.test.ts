/** A reload that changes one target of a thousand touches that one: whoever else is watched notices nothing. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import type { App } from '../../src/app/facade.ts'
import type { SipvaneEvent } from '../../src/core/event.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'

const COUNT = 1_000
const CHANGED = 500
const PORT = 25_062
const INTERVAL_MS = 3_000
const PATIENCE_MS = 60_000

/** A SIP server over TCP that counts who comes. */
class Answerer {
  asked = 0
  readonly sockets = new Set<Socket>()
  connections = 0
  readonly #server: Server

  constructor() {
    this.#server = createServer((socket) => {
      this.connections++
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const request = bytes.toString('latin1')
        if (!request.startsWith('OPTIONS')) return
        this.asked++
        const kept = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
        socket.write(['SIP/2.0 200 OK', ...kept, 'Content-Length: 0', '', ''].join('\r\n'))
      })
    })
  }

  async listen(port: number, address: string): Promise<void> {
    this.#server.listen(port, address)
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const servers = Array.from({ length: COUNT }, () => new Answerer())
const moved = new Answerer()
const logger = recordingLogger()
let app: App

beforeAll(async () => {
  for (const [index, server] of servers.entries()) await server.listen(PORT, addressOf(index))
  await moved.listen(PORT + 1, addressOf(CHANGED))
  app = createApp(settingsOf(config(PORT)), { logger, version: '0' })
  await app.start()
}, PATIENCE_MS)

afterAll(async () => {
  await app.stop()
  await Promise.all([...servers, moved].map((server) => server.close()))
}, PATIENCE_MS)

test(
  'one of a thousand is asked at its new place; no other loses its connection or its health',
  async () => {
    const events: SipvaneEvent[] = []
    await eventually(() => Object.values(targets()).every(({ real }) => real === 'up'), 'all are up')
    await asked((count) => count >= 2)
    app.events.subscribe((event) => events.push(event))
    const before = targets()
    const countsBefore = servers.map(({ asked }) => asked)

    await app.reload(settingsOf(config(PORT + 1)))
    // Of all watches, those that were started anew.
    const told = logger.events.find(({ event }) => event === 'config.reloaded')
    expect(told?.fields).toMatchObject({ touched: 1, watches: COUNT })
    await eventually(() => moved.asked >= 2, 'the new place is asked')
    await asked((count, index) => index === CHANGED || count >= (countsBefore[index] ?? 0) + 2)

    const after = targets()
    for (const [index, server] of servers.entries()) {
      if (index === CHANGED) continue
      const name = `t${index}`
      expect(server.connections, `${name} is asked over the connection that was kept`).toBe(1)
      expect(server.sockets.size, `${name} keeps its connection`).toBe(1)
      const [was, is] = [before[name]?.probes[0], after[name]?.probes[0]]
      expect(is?.since, `${name} is up since it was`).toBe(was?.since)
      expect(is?.passes ?? 0, `${name} goes on counting its passes`).toBeGreaterThan(was?.passes ?? 0)
    }
    expect(moved.connections).toBe(1)
    expect(events.filter(({ type }) => type === 'verdict.changed')).toEqual([])
  },
  3 * PATIENCE_MS,
)

function targets() {
  return app.status().pools.fleet?.targets ?? {}
}

async function asked(enough: (count: number, index: number) => boolean): Promise<void> {
  const all = () => servers.every((server, index) => enough(server.asked, index))
  await eventually(all, 'a round is asked')
}

/** Looks now and then: a thousand targets are many to look at. */
async function eventually(holds: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`did not happen within ${PATIENCE_MS} ms: ${what}`)
    await sleep(50)
  }
}

function addressOf(index: number): string {
  return `127.31.${Math.floor(index / 250)}.${(index % 250) + 1}`
}

function config(portOfChanged: number): string {
  const lines = Array.from({ length: COUNT }, (_, index) => {
    const port = index === CHANGED ? portOfChanged : PORT
    return `      t${index}: { address: ${addressOf(index)}, port: ${port} }`
  })
  return `
node: lab
probes:
  options: { type: sip-options, transport: tcp, interval: ${INTERVAL_MS}ms, timeout: 2s, fall: 3, rise: 2 }
pools:
  fleet:
    policy: all
    probes: [options]
    targets:
${lines.join('\n')}
zones:
  fleet.example.com:
    nameservers: [ns1.example.net.]
    answers:
      - { name: _sip._tcp, type: SRV, pool: fleet }
`
}
