/**
 * A loop that stood still must not take it out on the servers: what answered meanwhile is neither asked again nor found silent. Real sockets,
 * the real timer wheel; the server lives in a thread of its own, so that it goes on while this one stands still.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/app/system.ts'
import { createTimerWheel, type TimerWheel } from '../../src/app/timer-wheel.ts'
import type { Prober } from '../../src/probes/definition.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { labTarget } from '../support/sip-targets.ts'

/** Answers SIP (a call is refused), DNS and STUN alike 100 ms after they came, and counts the questions; an ACK is none. */
const SERVER = `
const { parentPort, workerData } = require('node:worker_threads')
const socket = require('node:dgram').createSocket('udp4')
const counts = new Int32Array(workerData)
const answerTo = (bytes) => {
  const text = bytes.toString('latin1')
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
  Atomics.add(counts, 0, 1)
  setTimeout(() => socket.send(answerTo(bytes), from.port, from.address), 100)
})
socket.bind(0, '127.0.0.1', () => parentPort.postMessage(socket.address().port))
`
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

/** Where the loop stands still from 50 ms to 350 ms after the question left: whatever phase it is in. */
const blocks: Readonly<Record<string, () => void>> = {
  'in a timer': () => setTimeout(() => standStill(300), 50),
  'in an immediate': () => setTimeout(() => setImmediate(() => standStill(300)), 50),
  'in an immediate right before deadlines fire': () => {
    beforeDeadlines(() => setImmediate(() => standStill(300)))
  },
  'while it reads, right before deadlines fire': () => {
    const socket = createSocket('udp4')
    cleanups.push(() => socket.close())
    socket.on('message', () => standStill(300))
    socket.bind(0, '127.0.0.1', () => {
      beforeDeadlines(() => socket.send('x', socket.address().port, '127.0.0.1'))
    })
  },
  'in a deadline': () => timers.after(50, () => standStill(300)),
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

function proberOf(kind: string): Prober {
  const definition = probeDefinitions.get(kind)
  if (definition === undefined) throw new Error(`no probe ${kind}`)
  const options = { dns: { name: 'sip.example.com', port, minAnswers: 0 }, stun: { port } }[kind]
  const call = kind === 'sip-invite' ? { extension: '600', expect: ['486'] } : {}
  const prober = definition.create(
    definition.options.parse(options ?? { transport: 'udp', ...call }),
    probeDeps({ clock: systemClock, timers, sip }),
  )
  cleanups.push(() => prober.close())
  return prober
}

/** Both times fall into the standstill, or the first alone. */
const CONTEXTS = [
  { timeoutMs: 300, retransmitMs: 150 },
  { timeoutMs: 600, retransmitMs: 300 },
]

test.each(Object.entries(blocks))(
  'an answer that came while the loop stood still %s counts',
  async (_, block) => {
    const kinds = ['sip-options', 'sip-invite', 'dns', 'stun']
    const questions = kinds.flatMap((kind) => CONTEXTS.map((context) => ({ kind, context })))
    const asked = questions.map(async ({ kind, context }) => {
      const { reason, attempts } = await proberOf(kind).ask(labTarget(port), '127.0.0.1', context)
      return { kind, ...context, reason, attempts }
    })
    block()
    const seen = await Promise.all(asked)
    // Whatever was sent again would be there by then.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const expected = questions.map(({ kind, context }) => ({ kind, ...context, reason: 'ok', attempts: 1 }))
    expect(seen).toEqual(expected)
    expect(counts[0]).toBe(questions.length)
  },
)
