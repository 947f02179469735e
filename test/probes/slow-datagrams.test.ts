import { decode, encode } from 'dns-packet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { dns } from '../../src/probes/dns.ts'
import { stun } from '../../src/probes/stun.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { createDatagramLab, type DatagramBehaviour, type DatagramLab } from '../support/datagram-lab.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { settled } from '../support/sip-bench.ts'
import { labTarget } from '../support/sip-targets.ts'
import { stunSuccess } from '../support/stun-messages.ts'
import { VirtualTime } from '../support/virtual-time.ts'

/** Questions that are sent again after half a second, real sockets, virtual time: was the first transmission lost, or the server slow? */

const TIMEOUT_MS = 1000
const kinds = {
  dns: {
    create: (port: number, time: VirtualTime) =>
      dns.create(dns.options.parse({ name: 'sip.example.com', port }), deps(time)),
    answer(question: Uint8Array): Uint8Array {
      const { id = 0, questions = [] } = decode(Buffer.from(question))
      const data = { type: 'A', name: 'sip.example.com', ttl: 30, data: '192.0.2.1' } as const
      return encode({ type: 'response', id, questions, answers: [data] })
    },
  },
  stun: {
    create: (port: number, time: VirtualTime) => stun.create(stun.options.parse({ port }), deps(time)),
    answer: (question: Uint8Array) =>
      stunSuccess(question.subarray(8, 20), { address: '203.0.113.9', port: 4000 }),
  },
}

function deps(time: VirtualTime) {
  return probeDeps({
    clock: time,
    timers: time,
    sip: createSipTransports({ clock: time, timers: time }),
  })
}

/** DNS has its ID in the first octet, STUN's begins at the ninth. */
const forged = (bytes: Uint8Array) => bytes.map((octet, at) => (at === 0 || at === 8 ? octet ^ 0x20 : octet))
const referenced = () => process.getActiveResourcesInfo().filter((what) => what === 'UDPWrap').length

describe.each(Object.entries(kinds))('a %s question that was sent again', (_, { create, answer }) => {
  let lab: DatagramLab
  let time: VirtualTime
  let prober: Prober
  let spurious: number[]
  beforeEach(async () => {
    lab = await createDatagramLab()
    time = new VirtualTime(5000)
    prober = create(lab.port, time)
    spurious = []
  })
  afterEach(() => Promise.all([prober.close(), lab.close()]))

  /** The first, the second and so on of what comes are answered so many milliseconds later; undefined: never. */
  function answeredAfter(...delays: (number | undefined)[]): DatagramBehaviour {
    return (question, reply) => {
      const delayMs = delays[lab.received.length - 1]
      if (delayMs !== undefined) time.after(delayMs, () => reply.send(answer(question)))
    }
  }

  const ask = (context: Partial<AskContext> = {}) =>
    prober.ask(labTarget(1), '127.0.0.1', {
      timeoutMs: TIMEOUT_MS,
      onSpurious: (sentMs) => spurious.push(sentMs),
      ...context,
    })

  async function pass(ms: number): Promise<void> {
    for (const endMs = time.nowMs() + ms; time.nowMs() < endMs; ) {
      await settled()
      await time.advance(Math.min(20, endMs - time.nowMs()))
    }
    await settled()
  }

  test('was needless where the server was slow and answers both', async () => {
    lab.behave(answeredAfter(600, 600))
    const question = ask()
    await pass(700)
    const seen = await question
    expect(prober.tellsSpurious).toBe(true)
    expect(seen).toMatchObject({ result: 'pass', attempts: 2 })
    expect(seen.rttMs).toBeUndefined()
    expect(spurious).toEqual([])
    await pass(500)
    expect(spurious).toEqual([5000])
    // All has come that could: nothing is waited for any more.
    expect(time.pending).toBe(0)
  })

  test('was not where a packet was lost, and is listened for no longer than a second', async () => {
    lab.behave(answeredAfter(undefined, 20))
    const question = ask()
    await pass(600)
    expect(await question).toMatchObject({ result: 'pass', attempts: 2 })
    expect(time.pending).toBe(1)
    await pass(1000)
    expect(time.pending).toBe(0)
    expect(spurious).toEqual([])
  })

  test('says nothing where it is answered too late, or nobody wants to know', async () => {
    lab.behave(answeredAfter(600, 1200))
    const question = ask()
    await pass(1900)
    expect(await question).toMatchObject({ result: 'pass', attempts: 2 })
    lab.behave((bytes, reply) => {
      if (lab.received.length === 4) reply.send(answer(bytes))
    })
    const unheard = prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: TIMEOUT_MS })
    await pass(600)
    expect(await unheard).toMatchObject({ result: 'pass', attempts: 2 })
    expect(time.pending).toBe(0)
    expect(spurious).toEqual([])
  })

  test('is not proved needless by a forged answer, one from elsewhere or an empty datagram', async () => {
    lab.behave((bytes, reply) => {
      if (lab.received.length === 1) {
        time.after(600, () => reply.send(answer(bytes)))
        return
      }
      time.after(600, () => {
        reply.sendFromElsewhere(answer(bytes))
        reply.send(forged(answer(bytes)))
        reply.send(new Uint8Array())
      })
    })
    const question = ask()
    await pass(1200)
    expect(await question).toMatchObject({ result: 'pass', attempts: 2 })
    expect(spurious).toEqual([])
  })

  test('counts as needless once, however often it is answered', async () => {
    lab.behave((bytes, reply) => {
      time.after(600, () => {
        for (let copy = 0; copy < 20; copy++) reply.send(answer(bytes))
      })
    })
    const question = ask()
    await pass(1200)
    expect(await question).toMatchObject({ attempts: 2 })
    expect(spurious).toEqual([5000])
  })

  test('that needed no second transmission is closed at its answer', async () => {
    lab.behave((bytes, reply) => {
      for (let copy = 0; copy < 3; copy++) reply.send(answer(bytes))
    })
    expect(await ask()).toMatchObject({ result: 'pass', attempts: 1 })
    await settled()
    expect(time.pending).toBe(0)
    expect(spurious).toEqual([])
  })

  test('keeps no process alive, and is listened for no more once the prober closes', async () => {
    // The sockets of the test before are gone by then.
    await settled()
    const before = referenced()
    lab.behave(answeredAfter(600, 600))
    const question = ask()
    await pass(500)
    expect(referenced()).toBe(before + 1)
    await pass(200)
    await question
    expect(time.pending).toBeGreaterThan(0)
    expect(referenced()).toBe(before)
    await prober.close()
    await pass(500)
    expect(time.pending).toBe(0)
    expect(spurious).toEqual([])
  })
})
