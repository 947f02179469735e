import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { rtpEcho } from '../../src/probes/rtp-echo.ts'
import { type CallBench, type CallBenchOptions, createCallBench } from '../support/call-bench.ts'
import { createExtension, type Extension, type ExtensionOptions } from '../support/sip-extension.ts'

const definition = rtpEcho as ProbeDefinition

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function echo(
  given: ExtensionOptions = {},
  options: Readonly<Record<string, unknown>> = {},
  rest: Partial<CallBenchOptions> = {},
): Promise<CallBench & { readonly extension: Extension }> {
  const made = await createExtension(given)
  const bench = await createCallBench({
    definition,
    server: { transport: 'udp' },
    options: { extension: '*43', duration: '2s', ...options },
    ...rest,
  })
  bench.server.behave(made)
  cleanups.push(
    () => made.close(),
    () => bench.close(),
  )
  return { ...bench, extension: made }
}

const SOUND =
  /^(\d+) packets sent, (\d+) heard, (\d+) of ours, loss ([\d.]+) %, jitter ([\d.]+) ms, round trip ([\d.]+) ms$/

describe('an echo that works', () => {
  test.each(['echo', 'renumbered'] as const)('(%s) passes, with its figures', async (kind) => {
    const lab = await echo({ media: { kind } })
    const outcome = await lab.asked()
    expect(outcome).toMatchObject({ result: 'pass', reason: 'ok', status: 200 })
    expect(outcome.impaired).toBeUndefined()
    const [, sent, heard, ours, loss] = SOUND.exec(outcome.detail ?? '') ?? []
    expect([sent, heard, ours, loss]).toEqual(['100', '100', '100', '0.0'])
    expect(lab.extension.standing).toEqual([])
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
  })

  test('is heard for as long as the options say, 50 packets a second', async () => {
    const lab = await echo({}, { duration: '500ms' })
    const startMs = lab.time.nowMs()
    await lab.asked()
    expect(lab.extension.media.received).toBe(25)
    expect(lab.time.nowMs() - startMs).toBeLessThan(1000)
  })

  test('keeps its pace where our own timer comes late', async () => {
    const lab = await echo()
    const asking = lab.ask()
    await lab.play(2200, 100)
    expect(lab.extension.media.received).toBe(100)
    await lab.play(1000)
    expect(await asking).toMatchObject({ reason: 'ok' })
  })

  test('is asked in PCMA where PCMA is answered', async () => {
    const lab = await echo({ media: { kind: 'echo', payloadType: 8 } })
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    expect(lab.trace.map(({ text }) => text).join('\n')).toContain('audio (pcma)')
  })

  test('behind a prompt passes: what we said into the prompt is no loss', async () => {
    const lab = await echo({ media: { kind: 'renumbered', promptPackets: 40 } })
    const outcome = await lab.asked()
    expect(outcome).toMatchObject({
      reason: 'ok',
      detail: expect.stringContaining('100 heard, 60 of ours, loss 0.0 %'),
    })
    expect(outcome.impaired).toBeUndefined()
  })

  test('is cut short by the time-out, not by a fail', async () => {
    const lab = await echo({}, { duration: '10s' })
    expect(await lab.asked({ timeoutMs: 3000 })).toMatchObject({
      reason: 'ok',
      detail: expect.stringMatching(/^110 packets sent/),
    })
    expect(lab.extension.standing).toEqual([])
  })

  test('whose BYE is not answered passes with a note', async () => {
    const lab = await echo({ ignoresBye: true })
    expect(await lab.asked()).toMatchObject({
      reason: 'ok-noted',
      detail: expect.stringContaining('not confirmed'),
    })
  })

  test('leaves no socket of ours behind', async () => {
    const lab = await echo({}, { duration: '200ms' })
    for (let round = 0; round < 5; round++) expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    const before = process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length
    await lab.asked()
    expect(process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length).toBe(before)
  })

  test('leaves none behind either where it is made anew because the kept connection was dead', async () => {
    const lab = await echo({}, { transport: 'tcp', duration: '200ms' }, { server: { transport: 'tcp' } })
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length
    const before = sockets()
    let dead = true
    lab.server.behave({
      onRequest: (request, reply) => {
        if (dead) reply.reset()
        else lab.extension.onRequest(request, reply)
        dead = false
      },
    })
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    expect(lab.server.accepted).toBe(2)
    expect(sockets()).toBe(before)
  })
})

describe('media that is dead while signalling works', () => {
  test('nothing comes back: one-way audio is hard evidence', async () => {
    const lab = await echo({ media: { kind: 'deaf' } })
    expect(await lab.asked()).toMatchObject({
      result: 'fail',
      reason: 'media-dead',
      status: 200,
      detail: 'no media came back; 100 packets sent, 0 heard, 0 of ours',
    })
    expect(lab.extension.media.received).toBe(100)
    expect(lab.extension.standing).toEqual([])
  })

  test('nobody listens at the answered port: ICMP says so', async () => {
    const lab = await echo({ media: { kind: 'closed' } })
    expect(await lab.asked()).toMatchObject({
      reason: 'media-dead',
      detail: expect.stringContaining('nothing listens on the answered port'),
    })
  })

  test('audio from another port than the answered one does not count', async () => {
    const lab = await echo({ media: { kind: 'echo', fromElsewhere: true } })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'media-dead' })
  })

  test('the answer refuses audio', async () => {
    const lab = await echo({ sdp: 'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n' })
    expect(await lab.asked()).toMatchObject({ reason: 'media-dead', detail: 'the answer refuses audio' })
    expect(lab.extension.standing).toEqual([])
  })

  test('the answer names an address of the other family', async () => {
    const lab = await echo({ sdp: 'v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\n' })
    expect(await lab.asked()).toMatchObject({ reason: 'media-dead' })
    expect(lab.extension.standing).toEqual([])
  })

  test.each([
    ['multicast', 'c=IN IP4 239.1.1.1'],
    ['everybody', 'c=IN IP4 255.255.255.255'],
    ['nobody', 'c=IN IP4 0.0.0.0'],
    ['a name', 'c=IN IP4 victim.example'],
  ])('an answer that points at %s gets no packet', async (_what, line) => {
    const lab = await echo({ sdp: `v=0\r\n${line}\r\nm=audio 4000 RTP/AVP 0\r\n` })
    expect(await lab.asked()).toMatchObject({
      reason: 'media-dead',
      detail: expect.stringContaining('no address'),
    })
  })

  test('an answer without SDP is a bad reply', async () => {
    const lab = await echo({ sdp: 'none' })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-reply' })
    expect(lab.extension.standing).toEqual([])
  })
})

describe('media of poor quality degrades and does not kill', () => {
  test.each(['echo', 'renumbered'] as const)('loss above the threshold (%s)', async (kind) => {
    const lab = await echo({ media: { kind, loss: 0.2, seed: 3 } })
    const outcome = await lab.asked()
    expect(outcome).toMatchObject({
      result: 'pass',
      reason: 'ok',
      impaired: expect.stringMatching(/^loss \d+\.\d % above 5 %$/),
    })
    const [, sent, , ours, loss] = SOUND.exec(outcome.detail ?? '') ?? []
    // What the figure says is what was lost.
    expect(Number(loss)).toBeCloseTo(100 * (1 - Number(ours) / Number(sent)), 1)
    expect(Number(ours)).toBeLessThan(95)
  })

  test('loss below it does not', async () => {
    const lab = await echo({ media: { kind: 'echo', loss: 0.2, seed: 3 } }, { maxLoss: 60 })
    expect((await lab.asked()).impaired).toBeUndefined()
  })

  test('audio that is not ours: one way only, or no echo there', async () => {
    const lab = await echo({ media: { kind: 'music' } })
    expect(await lab.asked()).toMatchObject({
      result: 'pass',
      impaired: 'audio comes, but none of ours: one way only, or no echo there',
    })
  })

  test('a far end that hangs up in the middle', async () => {
    const lab = await echo({ hangsUpAfterMs: 600 })
    expect(await lab.asked()).toMatchObject({
      result: 'pass',
      impaired: expect.stringMatching(/^the far end hung up after \d+ ms$/),
    })
    expect(lab.extension.standing).toEqual([])
  })
})

describe('a call that does not get as far as media', () => {
  test('is judged as any test call', async () => {
    expect(await (await echo({ reject: 486 })).asked()).toMatchObject({ reason: 'ok-noted', status: 486 })
    expect(await (await echo({ reject: 404 })).asked()).toMatchObject({ reason: 'bad-status', status: 404 })
    expect(await (await echo({ answerAfterMs: 'never' })).asked()).toMatchObject({
      reason: 'provisional-only',
    })
  })

  test('answered too late for media is a time-out, and hung up', async () => {
    const lab = await echo({ answerAfterMs: 3500 })
    expect(await lab.asked({ timeoutMs: 4000 })).toMatchObject({ result: 'fail', reason: 'timeout' })
    await lab.play(200)
    expect(lab.extension.standing).toEqual([])
  })

  test('with a time-out that leaves no time for media gives no verdict: that is our own fault', async () => {
    const lab = await echo()
    expect(await lab.asked({ timeoutMs: 900 })).toMatchObject({
      result: 'inconclusive',
      reason: 'no-verdict',
    })
    await lab.play(200)
    expect(lab.extension.standing).toEqual([])
  })

  test('withdrawn in the middle of the audio is over at once, and hung up', async () => {
    const lab = await echo()
    const controller = new AbortController()
    const asking = lab.ask({ signal: controller.signal })
    await lab.play(500)
    controller.abort()
    expect(await asking).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    await lab.play(200)
    expect(lab.extension.standing).toEqual([])
    const received = lab.extension.media.received
    await lab.play(500)
    expect(lab.extension.media.received).toBe(received)
  })
})
