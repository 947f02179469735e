/** What a socket may do that no kernel here can be brought to do when it is wanted. */
import { describe, expect, test } from 'vitest'
import { askEcho } from '../../../src/probes/icmp/echo-question.ts'
import { type EchoListener, EchoRefused, type openEchoSocket } from '../../../src/probes/icmp/echo-socket.ts'
import type { QueuedError } from '../../../src/probes/icmp/error-queue.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const ADDRESS = '192.0.2.1'

function errno(code: string): Error {
  return Object.assign(new Error(`call ${code}`), { code })
}

/** A question over a socket that does what the test says; the system's parts of the messages stay empty. */
function asked(
  conduct: { readonly open?: Error; readonly send?: Error; readonly address?: string } = {},
  signal?: AbortSignal,
) {
  const time = new VirtualTime()
  const seen = { sent: [] as Uint8Array[], closed: 0, listener: undefined as EchoListener | undefined }
  const open: typeof openEchoSocket = (_family, _address, _source, listener) => {
    if (conduct.open !== undefined) throw conduct.open
    seen.listener = listener
    return {
      send(request) {
        if (conduct.send !== undefined) throw conduct.send
        seen.sent.push(request)
      },
      async close() {
        seen.closed++
      },
    }
  }
  const randomBytes = (count: number) => new Uint8Array(count).fill(7)
  const context = { timeoutMs: 500, ...(signal === undefined ? {} : { signal }) }
  const answer = askEcho(conduct.address ?? ADDRESS, undefined, context, {
    ...{ clock: time, timers: time },
    ...{ randomBytes, open },
  })
  return { time, seen, answer }
}

function fail(asking: ReturnType<typeof asked>, code: string, queued: readonly QueuedError[] = []) {
  asking.seen.listener?.failed(errno(code), queued)
}

function reply(asking: ReturnType<typeof asked>, from = ADDRESS) {
  const bytes = Uint8Array.from(asking.seen.sent[0] ?? [])
  bytes[0] = bytes[0] === 128 ? 129 : 0
  asking.seen.listener?.message(bytes, from)
}

test('the round trip is from the request to its reply', async () => {
  const asking = asked()
  await asking.time.advance(37)
  reply(asking)
  expect(await asking.answer).toEqual({
    result: 'pass',
    reason: 'ok',
    attempts: 1,
    detail: 'echo reply',
    rttMs: 37,
  })
  expect(asking.seen).toMatchObject({ closed: 1 })
})

test('another spelling of the address asked, as the system may have it, is no other address', async () => {
  const asking = asked({ address: '::102:304' })
  reply(asking, '::1.2.3.4')
  expect(await asking.answer).toMatchObject({ reason: 'ok' })
  const other = asked({ address: '::102:304' })
  reply(other, '::1.2.3.5')
  expect(await other.answer).toMatchObject({ reason: 'bad-reply' })
})

describe('an error of the socket before anything left', () => {
  test.each([
    ['EMFILE', 'no-resources'],
    ['ENODEV', 'no-route'],
    ['EADDRNOTAVAIL', 'no-route'],
    ['EAFNOSUPPORT', 'no-route'],
    ['ESOMETHING', 'internal'],
  ])('%s at the opening is %s', async (code, reason) => {
    const { answer, seen } = asked({ open: errno(code) })
    expect(await answer).toMatchObject({ result: 'inconclusive', reason, attempts: 0 })
    expect(seen.closed).toBe(0)
  })

  test.each([
    ['ENOBUFS', 'no-resources'],
    ['EPERM', 'no-route'],
    ['ENETUNREACH', 'no-route'],
    ['EHOSTUNREACH', 'no-route'],
  ])('%s at the sending is %s, and the socket is closed', async (code, reason) => {
    const { answer, seen } = asked({ send: errno(code) })
    expect(await answer).toMatchObject({ result: 'inconclusive', reason, attempts: 0 })
    expect(seen.closed).toBe(1)
  })

  test('no such sockets at all is for the caller to know', async () => {
    await expect(asked({ open: new EchoRefused('socket EACCES') }).answer).rejects.toThrow(EchoRefused)
  })
})

describe('an error later on, of which the queue tells nothing', () => {
  test.each([
    ['EHOSTUNREACH', 'fail', 'unreachable'],
    ['ENETUNREACH', 'fail', 'unreachable'],
    ['ECONNREFUSED', 'fail', 'unreachable'],
    ['ENETDOWN', 'inconclusive', 'no-route'],
    ['ENOBUFS', 'inconclusive', 'no-resources'],
  ])('%s: %s, %s', async (code, result, reason) => {
    const asking = asked()
    fail(asking, code)
    expect(await asking.answer).toMatchObject({ result, reason, attempts: 1 })
    expect(asking.seen.closed).toBe(1)
  })

  test('an error of our own system in the queue is no word of a router', async () => {
    const asking = asked()
    fail(asking, 'ENETDOWN', [{ icmp: undefined, quoted: new Uint8Array(0) }])
    expect(await asking.answer).toMatchObject({ reason: 'no-route' })
  })

  test('a redirect loses nothing: the reply still counts', async () => {
    const asking = asked()
    fail(asking, 'EREMOTEIO')
    reply(asking)
    expect(await asking.answer).toMatchObject({ reason: 'ok' })
  })
})

test('a question withdrawn while it runs is aborted at once, and its socket closed', async () => {
  const withdraw = new AbortController()
  const { answer, seen } = asked({}, withdraw.signal)
  withdraw.abort()
  expect(await answer).toMatchObject({ result: 'inconclusive', reason: 'aborted', attempts: 1 })
  expect(seen.closed).toBe(1)
})

test('silence ends at the time-out', async () => {
  const { answer, time, seen } = asked()
  await time.advance(499)
  expect(seen.closed).toBe(0)
  await time.advance(1)
  expect(await answer).toMatchObject({ reason: 'timeout', attempts: 1 })
  expect(seen.closed).toBe(1)
})
