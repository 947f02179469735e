/**
 * A loop that stood still must not take it out on the servers: what answered meanwhile is neither asked again nor found silent. Sockets and
 * the timer wheel are real; the server lives in a thread of its own, so that it goes on while this one stands still.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/app/system.ts'
import { createTimerWheel, type TimerWheel } from '../../src/app/timer-wheel.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

/**
 * Answers SIP (a call is refused), DNS, STUN and HTTP alike 100 ms after they came, over UDP and over TCP at the same port, and counts the
 * questions; an ACK is none.
 */
const SERVER = `
const { parentPort, workerData } = require('node:worker_threads')
const socket = require('node:dgram').createSocket('udp4')
const counts = new Int32Array(workerData)
const take = (send) => {
  Atomics.add(counts, 0, 1)
  setTimeout(send, 100)
}
const answerTo = (bytes) => {
  const text = bytes.toString('latin1')
  if (text.startsWith('GET ')) return 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'
  if (/^[A-Z]+ sips?:/.test(text)) {
    const kept = text.split('\\r\\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line))
    const status = text.startsWith('INVITE') ? '486 Busy Here' : '200 OK'
    return ['SIP/2.0 ' + status, ...kept, 'Content-Length: 0', '', ''].join('\\r\\n').replace(/^to:(.*)$/im, 'To:$1;tag=lab')
  }
  const answer = Buffer.from(bytes)
  if (answer.readUInt32BE(4) === 0x2112a442) return Buffer.concat([
    Buffer.from([1, 1, 0, 12]), bytes.subarray(4, 20), Buffer.from([0, 1, 0, 8, 0, 1, 0, 9, 192, 0, 2, 1])])
  answer[2] |= 0x80
  return answer
}
socket.on('message', (bytes, from) => {
  if (bytes.toString('latin1', 0, 3) === 'ACK') return
  take(() => socket.send(answerTo(bytes), from.port, from.address))
})
const stream = require('node:net').createServer((connection) => {
  connection.on('error', () => {})
  connection.on('data', (bytes) => {
    // DNS has its length before it; of the others several may come in one piece.
    const framed = bytes[0] === 0
    const messages = framed ? [bytes.subarray(2)] : bytes.toString('latin1').match(/[^]*?\\r\\n\\r\\n/g).map((text) => Buffer.from(text))
    for (const message of messages) take(() => {
      const answer = Buffer.from(answerTo(message), 'latin1')
      connection.write(framed ? Buffer.concat([bytes.subarray(0, 2), answer]) : answer)
    })
  })
})
stream.listen(0, '127.0.0.1', () => {
  const { port } = stream.address()
  socket.bind(port, '127.0.0.1', () => parentPort.postMessage(port))
})
`
const STANDS_STILL_MS = 500
const counts = new Int32Array(new SharedArrayBuffer(4))
let server: Worker
let port = 0
beforeAll(async () => {
  server = new Worker(SERVER, { eval: true, workerData: counts.buffer })
  ;[port] = (await once(server, 'message')) as [number]
})
afterAll(() => server.terminate())

let timers: TimerWheel
let sip: SipTransports
beforeEach(() => {
  counts[0] = 0
  timers = createTimerWheel(systemClock)
  sip = createSipTransports({ clock: systemClock, timers })
})
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  await sip.close()
  timers.stop()
})

/** Where the loop stands still, from 50 or 90 ms after the questions arrived on: whatever phase it is in. */
const blocks: Readonly<Record<string, () => void>> = {
  'in a timer': () => setTimeout(() => standStill(STANDS_STILL_MS), 50),
  'in an immediate right before deadlines fire': () => {
    beforeDeadlines(() => setImmediate(() => standStill(STANDS_STILL_MS)))
  },
  'while it reads, right before deadlines fire': () => {
    const socket = createSocket('udp4')
    cleanups.push(() => socket.close())
    socket.on('message', () => standStill(STANDS_STILL_MS))
    socket.bind(0, '127.0.0.1', () => {
      beforeDeadlines(() => socket.send('x', socket.address().port, '127.0.0.1'))
    })
  },
  'in a deadline': () => timers.after(50, () => standStill(STANDS_STILL_MS)),
}

/**
 * Calls `cause` so that what it sets off happens when the wheel has woken up for a deadline and not yet fired it: after a short standstill
 * both are due in one phase.
 */
function beforeDeadlines(cause: () => void): void {
  setTimeout(() => standStill(60), 30)
  setTimeout(cause, 40)
  timers.after(60, () => {})
}

function standStill(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

const KINDS: Readonly<Record<string, { readonly kind: string; readonly options: object }>> = {
  options: { kind: 'sip-options', options: { transport: 'udp' } },
  'options over TCP': { kind: 'sip-options', options: { transport: 'tcp' } },
  invite: { kind: 'sip-invite', options: { transport: 'udp', extension: '600', expect: ['486'] } },
  dns: { kind: 'dns', options: { name: 'sip.example.com', minAnswers: 0 } },
  'dns over TCP': { kind: 'dns', options: { name: 'sip.example.com', minAnswers: 0, transport: 'tcp' } },
  stun: { kind: 'stun', options: {} },
  http: { kind: 'http', options: { body: 'ok' } },
}

function proberOf(name: string): Prober {
  const { kind, options } = KINDS[name] ?? { kind: name, options: {} }
  const definition = probeDefinitions.get(kind)
  if (definition === undefined) throw new Error(`no probe ${kind}`)
  const given = kind.startsWith('sip-') ? options : { ...options, port }
  const prober = definition.create(
    definition.options.parse(given),
    probeDeps({ clock: systemClock, timers, sip }),
  )
  cleanups.push(() => prober.close())
  return prober
}

/** Both times fall into the standstill, or the first alone. */
const CONTEXTS = [
  { timeoutMs: 400, retransmitMs: 200 },
  { timeoutMs: 900, retransmitMs: 400 },
]

test.each(Object.entries(blocks))(
  'an answer that came while the loop stood still %s counts',
  async (_, block) => {
    const questions = Object.keys(KINDS).flatMap((name) => CONTEXTS.map((context) => ({ name, context })))
    const probers = new Map(Object.keys(KINDS).map((name) => [name, proberOf(name)]))
    const ask = async (name: string, context: AskContext) => {
      const seen = await probers.get(name)?.ask(labTarget(port), '127.0.0.1', context)
      return { name, ...context, reason: seen?.reason, attempts: seen?.attempts }
    }
    // Once at leisure, so that code is compiled, and what is kept open is open.
    await Promise.all(Object.keys(KINDS).map((name) => ask(name, { timeoutMs: 5000 })))
    counts[0] = 0
    const asked = questions.map(({ name, context }) => ask(name, context))
    await until(() => counts[0] === questions.length, 'the questions to arrive')
    block()
    const seen = await Promise.all(asked)
    // Whatever was sent again would be there by then.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const expected = questions.map(({ name, context }) => ({ name, ...context, reason: 'ok', attempts: 1 }))
    expect(seen).toEqual(expected)
    expect(counts[0]).toBe(questions.length)
  },
)
