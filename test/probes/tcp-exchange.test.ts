import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { tcp } from '../../src/probes/tcp.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { createStreamLab, type StreamBehaviour, type StreamLab } from '../support/stream-lab.ts'
import { VirtualTime } from '../support/virtual-time.ts'

let lab: StreamLab | undefined
afterEach(() => lab?.close())

/** Asks a server that behaves so; time moves past the time-out where `late` says that all has been said. */
async function ask(
  options: Record<string, unknown>,
  behaviour: StreamBehaviour,
  late?: (server: StreamLab) => Promise<void>,
): Promise<{ answer: Outcome; server: StreamLab; texts: string[] }> {
  const server = await createStreamLab()
  lab = server
  server.behave(behaviour)
  const time = new VirtualTime()
  const sip = createSipTransports({ clock: time, timers: time })
  const prober = tcp.create(tcp.options.parse(options), probeDeps({ clock: time, timers: time, sip }))
  const texts: string[] = []
  const asked = prober.ask(labTarget(server.port), '127.0.0.1', {
    timeoutMs: 1000,
    trace: ({ direction, text }) => texts.push(`${direction} ${text}`),
  })
  if (late !== undefined) {
    await until(() => server.accepted > 0, 'the connection')
    await late(server)
    await until(() => texts.length > 1, 'something to be said').catch(() => {})
    await time.advance(1000)
  }
  const answer = await asked
  expect(time.pending).toBe(0)
  await until(() => server.open === 0, 'the connection to end')
  return { answer, server, texts }
}

const echoing: StreamBehaviour = {
  onData: (text, reply) => {
    reply.send(`you said ${text}`)
    return true
  },
}

describe('a conversation over TCP', () => {
  test('passes when the expected comes, and says good-bye', async () => {
    const options = { send: 'PING\r\n', expect: '/^you said PING/', quit: 'QUIT\r\n' }
    const { answer, server, texts } = await ask(options, echoing)
    expect(answer).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'the expected came',
      attempts: 1,
      rttMs: 0,
    })
    await server.until('QUIT')
    expect(server.received).toBe('PING\r\nQUIT\r\n')
    expect(texts).toEqual([
      expect.stringMatching(/^note connecting to 127\.0\.0\.1 port \d+$/),
      'sent PING',
      'received you said PING',
      'sent QUIT',
      'note the expected came',
    ])
  })

  test('listens to a greeting, in whatever pieces it comes', async () => {
    const { answer } = await ask(
      { expect: 'service ready' },
      {
        greet: '220 mail ser',
        onData: () => false,
      },
      async () => {},
    )
    expect(answer).toMatchObject({ reason: 'unexpected', detail: 'instead came: 220 mail ser' })
    const greeted = await ask({ expect: 'service ready' }, { greet: '220 service ready\r\n' })
    expect(greeted.answer).toMatchObject({ result: 'pass' })
  })

  test('a word that is not the expected one, and then the end, is hard evidence with the word in it', async () => {
    const { answer } = await ask(
      { send: 'x', expect: 'ok' },
      {
        onData: (_text, reply) => {
          reply.end('500 \x1b[31mno\r\n')
          return true
        },
      },
    )
    expect(answer).toMatchObject({
      result: 'fail',
      reason: 'unexpected',
      detail: 'closed after: 500 \\x1b[31mno\\r\\n',
    })
  })

  test('closed without a word', async () => {
    const { answer } = await ask({ expect: 'ok' }, { onConnection: 'end' })
    expect(answer).toMatchObject({ result: 'fail', reason: 'closed' })
  })

  test('reset in the middle', async () => {
    const { answer } = await ask(
      { send: 'x', expect: 'ok' },
      {
        onData: (_text, reply) => {
          reply.reset()
          return true
        },
      },
    )
    expect(answer).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('a server that talks for ever is heard for 8 KB', async () => {
    const { answer } = await ask({ expect: 'never' }, { greet: 'blah '.repeat(10_000) })
    expect(answer).toMatchObject({ result: 'fail', reason: 'unexpected' })
    expect(answer.detail).toMatch(/^not in the first 8192 bytes: blah blah /)
  })

  test('connected, then silence, is a timeout', async () => {
    const { answer } = await ask({ send: 'hello', expect: 'ok' }, {}, (server) => server.until('hello'))
    expect(answer).toMatchObject({ reason: 'timeout', detail: 'connected, but nothing came' })
  })

  test.each([
    [{ expect: '/(?=a)/' }, 'expect: not a pattern that can be used: no look-around and no named groups'],
    [{ send: '' }, 'send: Too small: expected string to have >=1 characters'],
  ])('%j is refused', (given, said) => {
    const [issue] = tcp.options.safeParse(given).error?.issues ?? []
    expect(`${issue?.path.join('.')}: ${issue?.message}`).toBe(said)
  })
})
