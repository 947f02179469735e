import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { CallRig, WHOM } from '../support/call-rig.ts'
import { type Behaviour, type LabReply, type LabRequest, response } from '../support/sip-behaviours.ts'
import type { Extension, ExtensionOptions } from '../support/sip-extension.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'

const rig = new CallRig(sipInvite as ProbeDefinition)
afterEach(() => rig.close())

const TCP = { server: { transport: 'tcp' } } as const

/** Takes each INVITE, breaks its connection, and goes on with the call all the same: what it answers is sent into the void. */
function breaksOnInvite(extension: Extension, times = 1): Behaviour {
  let left = times
  return {
    onRequest(request: LabRequest, reply: LabReply) {
      if (request.method === 'INVITE' && left-- > 0) reply.reset()
      extension.onRequest(request, reply)
    },
  }
}

async function ringing(given: ExtensionOptions = {}) {
  const lab = await rig.extension({ answerAfterMs: 'never', ...given }, WHOM, TCP)
  const asking = lab.ask()
  await lab.play(100)
  expect(lab.extension.standing).toHaveLength(1)
  return { ...lab, asking }
}

describe('a connection that breaks before the final answer leaves no call standing', () => {
  test.each(['reset', 'end'] as const)(
    '(%s, while it rings): CANCEL over a new one, and the 487 is asked for',
    async (how) => {
      const lab = await ringing()
      lab.server.dropConnections(how)
      await lab.play(100)
      expect(await lab.asking).toMatchObject({ result: 'fail', reason: how === 'reset' ? 'reset' : 'closed' })
      expect(lab.extension.standing).toEqual([])
      expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'INVITE 1', 'ACK 1'])
      const [invite, cancel, again, ack] = lab.server.requests
      // RFC 3261 sections 9.1 and 17.2.3: the same branch and sent-by, over another connection.
      for (const each of [cancel, again, ack]) expect(each?.header('via')).toBe(invite?.header('via'))
      expect(cancel?.source.port).not.toBe(invite?.source.port)
      expect(again?.text).toBe(invite?.text)
      expect(lab.server.accepted).toBe(2)
    },
  )

  test('(before any response): the INVITE may have been read', async () => {
    const lab = await rig.extension({ provisional: [], answerAfterMs: 3000 }, WHOM, TCP)
    const asking = lab.ask()
    await lab.play(100)
    lab.server.dropConnections('reset')
    await lab.play(4000)
    expect(await asking).toMatchObject({ result: 'fail', reason: 'reset' })
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'INVITE 1', 'ACK 1'])
    expect(lab.extension.answered).toBe(0)
    expect(lab.extension.standing).toEqual([])
  })

  test('(the answer is lost with it): ACK and BYE', async () => {
    const lab = await rig.extension({}, WHOM, TCP)
    lab.server.behave(breaksOnInvite(lab.extension))
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'reset' })
    await lab.play(500)
    expect(lab.extension.answered).toBe(1)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'INVITE 1', 'ACK 1', 'BYE 2'])
    expect(lab.extension.standing).toEqual([])
  })

  test('(the answer comes to our old port, as RFC 3261 section 18.2.2 has it, and the repeated INVITE is absorbed): ACK and BYE', async () => {
    const lab = await rig.extension({}, WHOM, TCP)
    const strangers: string[] = []
    lab.server.behave({
      onRequest(request, reply) {
        if (request.method !== 'INVITE') return lab.extension.onRequest(request, reply)
        if (lab.extension.log.length > 0) return undefined
        reply.reset()
        const port = Number(/^SIP\/2\.0\/TCP 127\.0\.0\.1:(\d+);/.exec(request.header('via') ?? '')?.[1])
        // Somebody else who finds the port open is not let in.
        const stranger = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' })
        stranger.on('error', () => {})
        stranger.on('close', () => strangers.push('closed'))
        const send = (text: Uint8Array | string) => {
          const socket = connect({ port, host: '127.0.0.1' })
          socket.on('error', () => {})
          socket.end(text)
        }
        return lab.extension.onRequest(request, { ...reply, send })
      },
    })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'reset' })
    expect(lab.extension.standing).toHaveLength(1)
    await lab.play(6000)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1', 'BYE 2'])
    expect(lab.extension.standing).toEqual([])
    expect(strangers).toEqual(['closed'])
    await lab.play(100_000, 500)
    expect(lab.time.pending).toBe(0)
  })

  test('(it never got there): an INVITE that the server does not know is not sent again', async () => {
    const made = await rig.bare()
    let first = true
    const lab = await rig.against(
      {
        onRequest: (request, reply) => {
          if (!first) return made.onRequest(request, reply)
          first = false
          reply.reset()
        },
      },
      WHOM,
      TCP,
    )
    expect(await lab.asked()).toMatchObject({ reason: 'reset' })
    await lab.play(40_000, 500)
    expect(made.log).toEqual(['CANCEL 1'])
  })

  test('(the question had ended already)', async () => {
    const lab = await rig.extension({ provisional: [], answerAfterMs: 20_000 }, WHOM, TCP)
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
    lab.server.dropConnections('end')
    await lab.play(500)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'INVITE 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
  })

  test('(the server takes no connection for four seconds): it is tried again', async () => {
    const lab = await ringing()
    lab.server.behave({ onRequest: () => {}, onConnection: 'reset' })
    lab.server.dropConnections('reset')
    await lab.play(4000)
    expect(lab.extension.standing).toHaveLength(1)
    lab.server.behave(lab.extension)
    await lab.play(5000)
    expect(await lab.asking).toMatchObject({ reason: 'reset' })
    expect(lab.extension.standing).toEqual([])
  })

  test('(each new connection breaks as well)', async () => {
    const lab = await ringing()
    let left = 2
    lab.server.behave({
      onRequest: (request, reply) => (left-- > 0 ? reply.reset() : lab.extension.onRequest(request, reply)),
    })
    lab.server.dropConnections('reset')
    await lab.play(8000)
    await lab.asking
    expect(lab.extension.standing).toEqual([])
  })

  test('(the connection was kept from before, and its server had read the INVITE): neither the old call nor the new one', async () => {
    const lab = await rig.extension({}, WHOM, TCP)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    await lab.play(1000)
    lab.server.behave(breaksOnInvite(lab.extension))
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    await lab.play(1000)
    expect(lab.extension.answered).toBe(3)
    expect(lab.extension.standing).toEqual([])
    expect(lab.server.accepted).toBe(2)
  })

  test('(the same, and the old call is answered first): the outcome is that of the new one', async () => {
    const lab = await rig.extension({}, WHOM, TCP)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    const breaking = breaksOnInvite(lab.extension)
    let old: string | undefined
    lab.server.behave({
      onRequest: (request, reply) => {
        old ??= request.header('via')
        if (request.method !== 'INVITE' || request.header('via') === old) {
          breaking.onRequest(request, reply)
          return
        }
        reply.send(response(request, 180))
        reply.later(500, () => reply.send(response(request, 486)))
      },
    })
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok-noted', status: 486 })
    await lab.play(1000)
    expect(lab.extension.answered).toBe(2)
    expect(lab.extension.standing).toEqual([])
  })

  test('(the connection was kept, and something had come over it): it is not called anew', async () => {
    const lab = await rig.extension({}, WHOM, TCP)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    lab.server.behave({
      onRequest: (request, reply) => {
        reply.send(response(request, request.method === 'INVITE' ? 180 : 481))
        if (request.method === 'INVITE') reply.later(100, () => reply.reset())
      },
    })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'reset' })
    await lab.play(1000)
    const methods = lab.server.requests.map(({ method }) => method)
    expect(methods).toEqual(['INVITE', 'ACK', 'BYE', 'INVITE', 'CANCEL'])
  })

  test('and the close of the probe waits for that', async () => {
    const lab = await ringing()
    lab.server.dropConnections('reset')
    const closing = lab.prober.close()
    await lab.play(200)
    await closing
    await lab.asking
    expect(lab.extension.standing).toEqual([])
    expect(lab.time.pending).toBeLessThan(2)
  })

  test('and a server that knows the call and says no more is asked once', async () => {
    const lab = await ringing()
    lab.server.behave({
      onRequest: (request, reply) => {
        if (request.method !== 'CANCEL') return
        // Twice: a doubled answer asks for nothing more.
        for (let times = 0; times < 2; times++) reply.send(response(request, 200))
      },
    })
    lab.server.dropConnections('reset')
    await lab.play(40_000, 500)
    await lab.asking
    expect(lab.server.requests.map(({ method }) => method)).toEqual(['INVITE', 'CANCEL', 'INVITE'])
    expect(lab.server.accepted).toBe(2)
  })

  test('and one that answers no CANCEL is asked five times, over a connection of its own each', async () => {
    const lab = await ringing()
    lab.server.behave({ onRequest: () => {} })
    lab.server.dropConnections('reset')
    await lab.play(40_000, 500)
    await lab.asking
    const methods = lab.server.requests.map(({ method }) => method)
    expect(methods).toEqual(['INVITE', 'CANCEL', 'CANCEL', 'CANCEL', 'CANCEL', 'CANCEL'])
    expect(lab.server.accepted).toBe(6)
  })

  test('and a server that is gone for good is tried five times in 30 s, then left alone', async () => {
    const lab = await ringing()
    lab.server.behave({ onRequest: () => {}, onConnection: 'reset' })
    lab.server.dropConnections('reset')
    await lab.play(100_000, 500)
    expect(await lab.asking).toMatchObject({ reason: 'reset' })
    expect(lab.server.accepted).toBe(6)
    expect(lab.sip.sockets).toBe(0)
    expect(lab.time.pending).toBe(0)
  })
})

test('over UDP: a port that refuses for two seconds, while the call behind it goes on, leaves no call either', async () => {
  const lab = await rig.extension({ answerAfterMs: 'never' })
  const asking = lab.ask({ timeoutMs: 1000 })
  await lab.play(100)
  await lab.server.close()
  // The CANCEL at the end of the question is what meets the closed port.
  await lab.play(2000)
  expect(await asking).toMatchObject({ reason: 'provisional-only' })
  expect(lab.extension.standing).toHaveLength(1)
  const again = await createSipServer({ transport: 'udp', port: lab.server.port, timers: lab.time })
  again.behave(lab.extension)
  await lab.play(5000)
  await again.close()
  expect(lab.extension.standing).toEqual([])
})

test('the lab counts a call whose connection broke and that nobody ended', async () => {
  const lab = await rig.extension({ answerAfterMs: 'never' }, WHOM, TCP)
  const socket = connect(lab.server.port, lab.server.address)
  socket.on('error', () => {})
  const head = [
    'INVITE sip:600@lab SIP/2.0',
    'Via: SIP/2.0/TCP here;branch=z9hG4bK1',
    'From: <sip:a@b>;tag=1',
    'To: <sip:600@lab>',
  ]
  socket.write([...head, 'Call-ID: red', 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''].join('\r\n'))
  await until(() => lab.extension.standing.length === 1, 'the call')
  socket.resetAndDestroy()
  await lab.play(60_000, 500)
  expect(lab.extension.standing).toEqual(['red'])
})
