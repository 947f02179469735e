import { createSocket, type Socket } from 'node:dgram'
import { afterEach, expect, test } from 'vitest'
import { LateAnswers } from '../../../src/probes/transport/late-answers.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** An answered question over a socket that is not open to the world: what it reads the test says. */
function answered(open = 1) {
  const socket: Socket = createSocket('udp4')
  const seen = { heard: 0 }
  // What the question listened with while it waited.
  socket.on('message', () => {
    throw new Error('the question is over')
  })
  const question = {
    socket,
    open,
    isAnswer: (bytes: Uint8Array) => bytes[0] === 1,
    heard: () => {
      seen.heard++
    },
  }
  return { question, seen, says: (octet: number) => socket.emit('message', Uint8Array.of(octet)) }
}

test('a question is told of as many answers as it has transmissions open, then its socket is closed', async () => {
  const time = new VirtualTime()
  const late = new LateAnswers(time)
  const { question, seen, says } = answered(2)
  expect(late.listen(question)).toBe(true)
  says(0)
  says(1)
  expect(seen.heard).toBe(1)
  expect(late.size).toBe(1)
  says(1)
  says(1)
  expect(seen.heard).toBe(2)
  expect(late.size).toBe(0)
  expect(time.pending).toBe(0)
  expect(() => question.socket.address()).toThrow('Not running')
})

test('a socket is closed after a second, when it breaks, and when all are', async () => {
  const time = new VirtualTime()
  const late = new LateAnswers(time)
  const first = answered()
  late.listen(first.question)
  await time.advance(999)
  expect(late.size).toBe(1)
  await time.advance(1)
  expect(late.size).toBe(0)
  const second = answered()
  late.listen(second.question)
  second.question.socket.emit('error', new Error('ECONNREFUSED'))
  expect(late.size).toBe(0)
  const third = answered()
  late.listen(third.question)
  await late.close()
  for (const { question } of [first, second, third])
    expect(() => question.socket.address()).toThrow('Not running')
  expect(time.pending).toBe(0)
})

test('sixty-four are listened to, and no further one before one of them ends', async () => {
  const late = new LateAnswers(new VirtualTime())
  cleanups.push(() => late.close())
  const kept = Array.from({ length: 64 }, () => answered())
  for (const { question } of kept) expect(late.listen(question)).toBe(true)
  const more = answered()
  cleanups.push(() => more.question.socket.close())
  expect(late.listen(more.question)).toBe(false)
  kept[5]?.says(1)
  expect(late.listen(answered().question)).toBe(true)
  expect(late.size).toBe(64)
})

test('none is listened to once all was closed', async () => {
  const late = new LateAnswers(new VirtualTime())
  await late.close()
  const { question } = answered()
  cleanups.push(() => question.socket.close())
  expect(late.listen(question)).toBe(false)
})
