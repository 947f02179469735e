import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { AskContext } from '../../src/probes/definition.ts'
import { askStun, repeatTimes } from '../../src/probes/stun/client.ts'
import { stun } from '../../src/probes/stun.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { createDatagramLab, type DatagramLab } from '../support/datagram-lab.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { stunError, stunSuccess } from '../support/stun-messages.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const TIMEOUT_MS = 1000
const MAPPED = { address: '203.0.113.9', port: 40_000 }

let lab: DatagramLab
let time: VirtualTime
beforeEach(async () => {
  lab = await createDatagramLab()
  time = new VirtualTime()
})
afterEach(() => lab.close())

const idOf = (request: Uint8Array) => request.subarray(8, 20)

function ask(options: Record<string, unknown> = {}, context: Partial<AskContext> = {}): Promise<Outcome> {
  const sip = createSipTransports({ clock: time, timers: time })
  const deps = probeDeps({ clock: time, timers: time, sip })
  const prober = stun.create(stun.options.parse({ port: lab.port, ...options }), deps)
  return prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: TIMEOUT_MS, ...context })
}

describe('the stun probe', () => {
  test('tells as what the server sees us', async () => {
    lab.behave((request, reply) => reply.send(stunSuccess(idOf(request), MAPPED, { fingerprint: true })))
    const texts: string[] = []
    expect(await ask({}, { trace: ({ text }) => texts.push(text) })).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'it sees us as 203.0.113.9 port 40000',
      attempts: 1,
      rttMs: 0,
    })
    expect(texts).toEqual([
      `STUN Binding request to 127.0.0.1 port ${lab.port}`,
      'it sees us as 203.0.113.9 port 40000',
    ])
    expect(time.pending).toBe(0)
  })

  test.each([
    ['203.0.113.9', 'pass'],
    [['198.51.100.1', '203.0.113.9'], 'pass'],
    ['198.51.100.1', 'fail'],
  ])('seen as 203.0.113.9 with expect %j: %s', async (expected, result) => {
    lab.behave((request, reply) => reply.send(stunSuccess(idOf(request), MAPPED)))
    expect(await ask({ expect: expected })).toMatchObject({
      result,
      reason: result === 'pass' ? 'ok' : 'unexpected',
    })
  })

  test.each([
    [401, {}, 'ok-noted'],
    [420, {}, 'ok-noted'],
    [401, { expect: '203.0.113.9' }, 'unexpected'],
    [500, {}, 'bad-status'],
  ])('error %i with %j: %s', async (code, options, reason) => {
    lab.behave((request, reply) => reply.send(stunError(idOf(request), code, 'No\x07')))
    expect(await ask(options)).toMatchObject({ reason, status: code, detail: `error ${code} No\\x07` })
  })

  test('asks again by RFC 8489: after 500 ms, byte for byte; the answer has no round trip then', async () => {
    lab.behave((request, reply) => {
      if (lab.received.length === 2) reply.send(stunSuccess(idOf(request), MAPPED))
    })
    const answer = ask()
    await lab.count(1)
    await time.advance(499)
    expect(lab.received).toHaveLength(1)
    await time.advance(1)
    const said = await answer
    expect(said).toMatchObject({ result: 'pass', attempts: 2 })
    expect(said.rttMs).toBeUndefined()
    expect(lab.received[1]).toEqual(lab.received[0])
  })

  test('asks again as soon as the path has shown that an answer is overdue', async () => {
    const answer = ask({}, { retransmitMs: 120 })
    await lab.count(1)
    await time.advance(119)
    expect(lab.received).toHaveLength(1)
    await time.advance(1)
    await lab.count(2)
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ reason: 'timeout', attempts: 4 })
  })

  test('holds a repetition back when told to', async () => {
    const texts: string[] = []
    const answer = ask({}, { mayRetransmit: () => false, trace: ({ text }) => texts.push(text) })
    await lab.count(1)
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ reason: 'timeout', attempts: 1 })
    expect(texts).toContain('no retransmission: enough requests for now')
    expect(lab.received).toHaveLength(1)
  })

  test('takes no answer from another port, none with another ID, and says how many strays came', async () => {
    lab.behave((request, reply) => {
      reply.sendFromElsewhere(stunSuccess(idOf(request), MAPPED))
      reply.send(
        stunSuccess(
          idOf(request).map((octet) => octet ^ 1),
          MAPPED,
        ),
      )
      reply.send(Buffer.from('hello'))
    })
    const answer = ask({}, { mayRetransmit: () => false })
    await lab.count(1)
    // Loopback delivers in order: once a later datagram of the lab's is read, these were.
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({
      reason: 'timeout',
      detail: 'no answer; ignored 2 that were not answers to it',
    })
  })

  test('an answer with our ID that is broken is the answer, and bad', async () => {
    lab.behave((request, reply) => reply.send(stunSuccess(idOf(request), MAPPED).slice(0, -4)))
    expect(await ask()).toMatchObject({
      result: 'fail',
      reason: 'bad-reply',
      detail: 'the answer is malformed (length)',
    })
  })

  test('a port where nobody listens is refused at once', async () => {
    await lab.close()
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'refused', attempts: 1 })
    expect(time.nowMs()).toBe(0)
  })
})

test('the client leaves by the source it is given', async () => {
  const seen: string[] = []
  lab.behave((request, reply, from) => {
    seen.push(from.address)
    reply.send(stunSuccess(idOf(request), from))
  })
  const endpoint = { address: '127.0.0.1', port: lab.port, source: '127.0.0.3' }
  const randomBytes = (count: number) => new Uint8Array(count).fill(7)
  const result = await askStun(
    endpoint,
    { timeoutMs: TIMEOUT_MS },
    { clock: time, timers: time, randomBytes },
  )
  expect(result).toMatchObject({
    kind: 'response',
    response: { kind: 'success', mapped: { address: '127.0.0.3' } },
  })
  expect(seen).toEqual(['127.0.0.3'])
  await until(() => time.pending === 0, 'every deadline to be taken back')
})

test.each([
  [39_500, [500, 1500, 3500, 7500, 15_500, 31_500]],
  [2000, [500, 1500]],
  [1000, [500]],
  [300, [150]],
])('in a budget of %i ms it asks again after %j ms', (timeoutMs, times) => {
  expect(repeatTimes(timeoutMs)).toEqual(times)
})
