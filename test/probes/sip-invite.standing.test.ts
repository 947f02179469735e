import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { ACCOUNT, CallRig, WHOM } from '../support/call-rig.ts'
import { type LabRequest, response } from '../support/sip-behaviours.ts'
import { until } from '../support/sip-real-time.ts'

const rig = new CallRig(sipInvite as ProbeDefinition)
afterEach(() => rig.close())

describe('no call is left standing', () => {
  test('when it rings for ever: provisional-only, CANCEL, 487, ACK', async () => {
    const lab = await rig.extension({ answerAfterMs: 'never' })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({
      result: 'fail',
      reason: 'provisional-only',
      status: 180,
    })
    await lab.play(200)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
    const [invite, cancel, ack] = lab.server.requests
    // RFC 3261 section 9.1 and 17.1.1.3: the branch of the INVITE.
    expect(cancel?.header('via')).toBe(invite?.header('via'))
    expect(ack?.header('via')).toBe(invite?.header('via'))
    expect(cancel?.header('to')).toBe(invite?.header('to'))
  })

  test('when the answer crosses the CANCEL: ACK and BYE', async () => {
    const lab = await rig.extension({ answerAfterMs: 'never', answersInSpiteOfCancel: true })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'provisional-only' })
    await lab.play(500)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1', 'BYE 2'])
    expect(lab.extension.answered).toBe(1)
    expect(lab.extension.standing).toEqual([])
  })

  test('when the first response comes after the question ended: it is cancelled then', async () => {
    const lab = await rig.extension({ answerAfterMs: 'never', provisional: [] })
    let send = () => {}
    const inner = lab.extension
    lab.server.behave({
      onRequest: (request, reply) => {
        inner.onRequest(request, reply)
        if (request.method === 'INVITE') send = () => reply.send(response(request, 180))
      },
    })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
    expect(new Set(inner.log)).toEqual(new Set(['INVITE 1']))
    send()
    await lab.play(500)
    expect(inner.log.slice(-2)).toEqual(['CANCEL 1', 'ACK 1'])
    expect(inner.standing).toEqual([])
  })

  test('when the answer comes after the question ended, without any provisional response', async () => {
    const lab = await rig.extension({ answerAfterMs: 3000, provisional: [] })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
    await lab.play(4000, 100)
    expect(lab.extension.answered).toBe(1)
    expect(lab.extension.log.slice(-2)).toEqual(['ACK 1', 'BYE 2'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when a proxy forks it: each answer gets its ACK and BYE', async () => {
    const lab = await rig.extension({ forks: ['a', 'b', 'c'] })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    await lab.play(500)
    const tags = (method: string) =>
      lab.server.requests
        .filter((one) => one.method === method)
        .map((one) => /;tag=(\w+)$/.exec(one.header('to') ?? '')?.[1])
    expect(tags('ACK').sort()).toEqual(['a', 'b', 'c'])
    expect(tags('BYE').sort()).toEqual(['a', 'b', 'c'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when a proxy forks it and the first answer goes on standing: the others are ended at once', async () => {
    const lab = await rig.extension({ forks: ['a', 'b', 'c'] }, { ...WHOM, hold: '2s' }, { timeoutMs: 8000 })
    const asking = lab.ask()
    await lab.play(300)
    expect(lab.extension.standing).toEqual([expect.stringMatching(/ a$/)])
    await lab.play(3000)
    expect(await asking).toMatchObject({ result: 'pass' })
    expect(lab.extension.standing).toEqual([])
  })

  test('when ACKs get lost: each repeated 200 gets the same ACK again', async () => {
    const lab = await rig.extension({ losesAcks: 2 }, { ...WHOM, hold: '3s' }, { timeoutMs: 8000 })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    const acks = lab.server.requests.filter(({ method }) => method === 'ACK').map(({ text }) => text)
    expect(acks).toHaveLength(3)
    expect(new Set(acks).size).toBe(1)
    expect(lab.extension.standing).toEqual([])
  })

  test('when the question is withdrawn while it rings', async () => {
    const lab = await rig.extension({ answerAfterMs: 'never' })
    const controller = new AbortController()
    const asking = lab.ask({ signal: controller.signal })
    await lab.play(100)
    controller.abort()
    expect(await asking).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    await lab.play(200)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when the probe is closed while it rings: the close waits for the end of the call', async () => {
    const lab = await rig.extension({ answerAfterMs: 'never' })
    const asking = lab.ask()
    await lab.play(100)
    const closing = lab.prober.close()
    expect(await asking).toMatchObject({ reason: 'aborted' })
    await lab.play(100)
    await closing
    expect(lab.extension.standing).toEqual([])
    expect(lab.time.pending).toBeLessThan(2)
  })

  test('when the probe is closed while its connection opens: the INVITE is not sent any more', async () => {
    const lab = await rig.extension({}, WHOM, { server: { transport: 'tcp' } })
    const asking = lab.ask()
    const closing = lab.prober.close()
    expect(await asking).toMatchObject({ reason: 'aborted' })
    await lab.play(1000)
    await closing
    await until(() => lab.server.accepted === 1, 'the connection')
    await lab.play(1000)
    expect(lab.server.requests).toEqual([])
  })

  test('when a challenge comes after the CANCEL: it is not answered by another INVITE', async () => {
    const asks = { headers: [['WWW-Authenticate', 'Digest realm="lab.example", nonce="n"']] } as const
    let invite: LabRequest | undefined
    const lab = await rig.against(
      {
        onRequest: (request, reply) => {
          if (request.method === 'INVITE') {
            invite = request
            reply.send(response(request, 180))
          } else if (request.method === 'CANCEL' && invite !== undefined) {
            reply.send(response(request, 200))
            reply.send(response(invite, 401, asks))
          }
        },
      },
      ACCOUNT,
    )
    expect(await lab.asked({ timeoutMs: 400 })).toMatchObject({ reason: 'provisional-only' })
    await lab.play(3000, 100)
    expect(lab.server.requests.map(({ method }) => method)).toEqual(['INVITE', 'CANCEL', 'ACK'])
  })

  test('when the probe is closed while it stands', async () => {
    const lab = await rig.extension({}, { ...WHOM, hold: '2s' })
    const asking = lab.ask()
    await lab.play(100)
    expect(lab.extension.standing).toHaveLength(1)
    const closing = lab.prober.close()
    await lab.play(200)
    await closing
    expect(lab.extension.standing).toEqual([])
    await lab.play(4000, 100)
    expect(await asking).toMatchObject({ result: 'pass' })
  })

  test('when the INVITE that answered the challenge rings for ever: that one is cancelled', async () => {
    const lab = await rig.extension({ digest: {}, answerAfterMs: 'never' }, ACCOUNT)
    expect(await lab.asked({ timeoutMs: 400 })).toMatchObject({ reason: 'provisional-only' })
    await lab.play(200)
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2', 'CANCEL 2', 'ACK 2'])
    expect(lab.extension.standing).toEqual([])
  })

  test.each([
    ['heard of, and answers no BYE', { ignoresBye: true }, 1500],
    ['never heard of', undefined, 200],
  ])(
    'and closing waits for a server that was %s no longer than it has to',
    async (_what, options, waitsMs) => {
      const lab =
        options === undefined ? await rig.against({ onRequest: () => {} }) : await rig.extension(options)
      const asking = lab.ask({ timeoutMs: 500 })
      await lab.play(options === undefined ? 100 : 600)
      const startMs = lab.time.nowMs()
      const closing = lab.prober.close().then(() => lab.time.nowMs() - startMs)
      await lab.play(1700)
      expect(await closing).toBe(waitsMs)
      await asking
      expect(lab.time.pending).toBeLessThan(4)
    },
  )

  test('when the far end hangs up by itself: its BYE is answered', async () => {
    const lab = await rig.extension({ hangsUpAfterMs: 200 }, { ...WHOM, hold: '2s' })
    const answers: string[] = []
    expect(
      await lab.asked({
        trace: (step) => step.direction === 'sent' && answers.push(step.text.split('\n')[0] ?? ''),
      }),
    ).toMatchObject({
      result: 'pass',
      reason: 'ok',
    })
    expect(answers).toContain('SIP/2.0 200 OK')
    expect(lab.extension.log).not.toContain('BYE 2')
    expect(lab.extension.standing).toEqual([])
  })

  test('nothing is listened for and no timer left once nothing can come any more', async () => {
    const lab = await rig.extension()
    await lab.asked()
    await lab.play(33_000, 500)
    // The sweep of idle sockets alone; after it the socket itself is gone.
    expect(lab.time.pending).toBeLessThan(2)
    await lab.play(90_000, 2500)
    expect(lab.sip.sockets).toBe(0)
  })

  test('a CANCEL is sent again until it is answered, though the 487 keeps away', async () => {
    for (const [answered, expected] of [
      [true, 1],
      [false, 4],
    ] as const) {
      const lab = await rig.against({
        onRequest: (request, reply) => {
          if (request.method === 'INVITE') reply.send(response(request, 180))
          else if (request.method === 'CANCEL' && answered) reply.send(response(request, 200))
        },
      })
      expect(await lab.asked({ timeoutMs: 400 })).toMatchObject({ reason: 'provisional-only' })
      await lab.play(10_000, 100)
      expect(lab.server.requests.filter(({ method }) => method === 'CANCEL')).toHaveLength(expected)
    }
  })
})
