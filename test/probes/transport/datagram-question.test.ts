import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock, Timers } from '../../../src/core/ports.ts'
import { askDatagram } from '../../../src/probes/transport/datagram-question.ts'
import { LateAnswers } from '../../../src/probes/transport/late-answers.ts'
import { createDatagramLab, type DatagramLab } from '../../support/datagram-lab.ts'
import { settled } from '../../support/sip-bench.ts'

/** Time that moves by leaps: what fell due in one rings after it, as when the loop stood still. */
class LeapingTime implements Clock, Timers {
  #nowMs = 1000
  /** Deadlines ring this much too early: times are rounded. */
  earlyMs = 0
  readonly #deadlines = new Set<{ readonly atMs: number; readonly fire: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): () => void {
    const deadline = { atMs: this.#nowMs + delayMs - this.earlyMs, fire }
    this.#deadlines.add(deadline)
    return () => this.#deadlines.delete(deadline)
  }

  get pending(): number {
    return this.#deadlines.size
  }

  async leap(ms: number): Promise<void> {
    await settled()
    this.#nowMs += ms
    const due = [...this.#deadlines].filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs)
    for (const deadline of due) if (this.#deadlines.delete(deadline)) deadline.fire()
    await settled()
  }
}

let lab: DatagramLab
let time: LeapingTime
beforeEach(async () => {
  lab = await createDatagramLab()
  time = new LeapingTime()
})
afterEach(() => lab.close())

function ask(timeoutMs: number, repeatAtMs: readonly number[], late?: LateAnswers) {
  const endpoint = { address: '127.0.0.1', port: lab.port }
  const question = { bytes: Uint8Array.of(7), repeatAtMs, accept: (bytes: Uint8Array) => bytes[0] }
  const deps = { clock: time, timers: time, ...(late === undefined ? {} : { late }) }
  return askDatagram(endpoint, question, { timeoutMs, onSpurious: () => {} }, deps)
}

test('a question is sent again at each of its times, and not once its budget is over', async () => {
  const question = ask(1000, [100, 300, 700, 1500])
  await lab.count(1)
  for (const [leapMs, sent] of [
    [99, 1],
    [1, 2],
    [199, 2],
    [1, 3],
    [400, 4],
    [299, 4],
  ] as const) {
    await time.leap(leapMs)
    expect(lab.received).toHaveLength(sent)
  }
  await time.leap(1)
  expect(await question).toMatchObject({ kind: 'timeout', attempts: 4 })
  expect(time.pending).toBe(0)
})

test('a time that rings a hair early counts as come', async () => {
  time.earlyMs = 0.001
  const question = ask(1000, [100])
  await lab.count(1)
  await time.leap(99.9995)
  await time.leap(0.1)
  expect(lab.received).toHaveLength(2)
  await time.leap(1000)
  expect(await question).toMatchObject({ attempts: 2 })
})

test('an answered question is sent no more, though its socket is still listened to', async () => {
  const late = new LateAnswers(time)
  const question = ask(1000, [100, 300], late)
  await lab.count(1)
  lab.behave((bytes, reply) => reply.send(bytes))
  await time.leap(100)
  expect(await question).toMatchObject({ kind: 'answer', attempts: 2 })
  expect(late.size).toBe(1)
  await time.leap(800)
  expect(lab.received).toHaveLength(2)
  await late.close()
  expect(time.pending).toBe(0)
})

test('after a standstill over several of its times it is sent again once, and goes on as it was to', async () => {
  const question = ask(1000, [100, 300, 700])
  await lab.count(1)
  await time.leap(500)
  expect(lab.received).toHaveLength(2)
  await time.leap(199)
  expect(lab.received).toHaveLength(2)
  await time.leap(1)
  expect(lab.received).toHaveLength(3)
  await time.leap(300)
  expect(await question).toMatchObject({ kind: 'timeout', attempts: 3 })
})

test('after a standstill over all of its budget it is not sent again', async () => {
  const question = ask(1000, [100, 300])
  await lab.count(1)
  await time.leap(1000)
  expect(await question).toMatchObject({ kind: 'timeout', attempts: 1 })
  expect(lab.received).toHaveLength(1)
  expect(time.pending).toBe(0)
})

test('an answer ends it, and its round trip is known where it was sent once', async () => {
  const once = ask(1000, [100])
  await lab.count(1)
  await time.leap(40)
  lab.behave((bytes, reply) => reply.send(bytes))
  await time.leap(60)
  expect(await once).toEqual({ kind: 'answer', answer: 7, attempts: 2, strays: 0 })
  expect(await ask(1000, [100])).toEqual({ kind: 'answer', answer: 7, attempts: 1, strays: 0, rttMs: 0 })
  expect(time.pending).toBe(0)
})
