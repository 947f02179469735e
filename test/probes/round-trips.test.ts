import { streamEncode } from 'dns-packet'
import { expect, test } from 'vitest'
import { dns } from '../../src/probes/dns.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { tcp } from '../../src/probes/tcp.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { settled } from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { createStreamLab } from '../support/stream-lab.ts'
import { VirtualTime } from '../support/virtual-time.ts'

function deps(time = new VirtualTime()) {
  return probeDeps({ clock: time, timers: time, sip: createSipTransports({ clock: time, timers: time }) })
}

// What is not known before, or depends on how long a server thinks, is not adapted to (src/health/budget.ts).
test.each<[string, object, number | undefined]>([
  ['stun', {}, 1],
  ['tcp', {}, 1],
  ['tcp', { send: 'PING', quit: 'QUIT' }, 1],
  ['tcp', { expect: 'ready' }, undefined],
  ['dns', { name: 'example.com', transport: 'tcp' }, 2],
  ['dns', { name: 'example.com' }, 3],
  ['dns', { name: 'example.com', recursion: true }, undefined],
  ['sip-options', {}, 1],
  ['sip-options', { transport: 'tcp' }, 2],
  ['sip-options', { transport: 'wss' }, 5],
  ['sip-register', { user: 'a' }, undefined],
  ['sip-invite', { extension: '600' }, undefined],
  ['http', {}, undefined],
  ['tls', {}, undefined],
  ['icmp', {}, undefined],
])('%s %j takes %s round trips', (kind, options, expected) => {
  const definition = probeDefinitions.get(kind)
  const prober = definition?.create(definition.options.parse(options), deps())
  expect(prober?.roundTrips).toBe(expected)
})

test.each([
  [{ expect: 'ready' }, 7],
  [{}, 40],
])(
  'the round trip of tcp with %j is that of what is waited for: the words, or the connection',
  async (options, rttMs) => {
    const time = new VirtualTime()
    let greet = () => {}
    const lab = await createStreamLab()
    lab.behave({
      onData: (_text, reply) => {
        greet = () => reply.send('ready')
        return true
      },
    })
    const prober = tcp.create(tcp.options.parse({ ...options, send: 'hello' }), deps(time))
    const asking = prober.ask(labTarget(lab.port), '127.0.0.1', { timeoutMs: 1000 })
    void time.advance(40)
    await until(() => lab.received.length > 0, 'the words')
    await time.advance(7)
    greet()
    await settled()
    expect(await asking).toMatchObject({ result: 'pass', rttMs })
    await lab.close()
  },
)

test('the round trip of dns over TCP is that of the query, without the connection before it', async () => {
  const time = new VirtualTime()
  let answer = () => {}
  const lab = await createStreamLab()
  lab.behave({
    onData: (text, reply) => {
      const id = Buffer.from(text, 'latin1').readUInt16BE(2)
      const question = { type: 'A', name: 'example.com' } as const
      const answers = [{ ...question, ttl: 30, data: '192.0.2.1' }]
      answer = () => reply.send(streamEncode({ type: 'response', id, questions: [question], answers }))
      return true
    },
  })
  const prober = dns.create(
    dns.options.parse({ name: 'example.com', port: lab.port, transport: 'tcp' }),
    deps(time),
  )
  const asking = prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
  // The connection takes 40 ms, the answer 7.
  void time.advance(40)
  await until(() => lab.received.length > 0, 'the query')
  await time.advance(7)
  answer()
  await settled()
  expect(await asking).toMatchObject({ result: 'pass', rttMs: 7 })
  await lab.close()
})
