import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { AskContext } from '../../../src/probes/definition.ts'
import type { Channel, ChannelPhase } from '../../../src/probes/transport/channel.ts'
import type { Lease } from '../../../src/probes/transport/channel-pool.ts'
import type { SocketFault } from '../../../src/probes/transport/errno-reasons.ts'
import { Expectations } from '../../../src/probes/transport/expectations.ts'
import type { SipQuestion, SipResult } from '../../../src/probes/transport/sip-transports.ts'
import { Transaction } from '../../../src/probes/transport/transaction.ts'
import { serialise } from '../../../src/wire/sip/message.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const endpoint = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const

const question: SipQuestion = {
  method: 'OPTIONS',
  compose: (_local, ids) =>
    serialise({
      startLine: 'OPTIONS sip:192.0.2.1 SIP/2.0',
      headers: [
        ['Via', `SIP/2.0/UDP 192.0.2.2;branch=${ids.branch}`],
        ['Call-ID', ids.callId],
        ['CSeq', '1 OPTIONS'],
      ],
    }),
}

/** A channel whose sends meet these faults in turn, and are answered with 200 where there is none left. */
class FakeChannel implements Channel {
  readonly endpoint = endpoint
  phase: ChannelPhase = 'open'
  opening: Promise<undefined> = Promise.resolve(undefined)
  readonly local = { address: '192.0.2.2', port: 4000 }
  readonly expectations = new Expectations({ malformed: 0, foreign: 0, requests: 0 })
  readonly sent: string[] = []
  released = 0
  readonly #faults: (SocketFault | 'silence' | 'answer')[]

  constructor(...faults: (SocketFault | 'silence' | 'answer')[]) {
    this.#faults = faults
  }

  opened() {
    return this.opening
  }

  send(bytes: Uint8Array, failed: (fault: SocketFault) => void): void {
    const text = Buffer.from(bytes).toString('latin1')
    this.sent.push(text)
    const fate = this.#faults.shift() ?? 'answer'
    if (fate === 'silence') return
    queueMicrotask(() => {
      if (fate !== 'answer') failed(fate)
      else this.expectations.deliver(Buffer.from(text.replace(/^OPTIONS .*/, 'SIP/2.0 200 OK'), 'latin1'))
    })
  }

  async close(): Promise<void> {}
}

function run(
  channel: FakeChannel,
  asked = question,
  time = new VirtualTime(),
  context: AskContext = { timeoutMs: 1000 },
): { time: VirtualTime; result: Promise<SipResult> } {
  const lease = { channel, reused: true, entry: {} } as unknown as Lease
  const pool = {
    acquire: () => lease,
    release: () => {
      channel.released++
    },
  }
  const deps = { clock: time, timers: time, randomBytes, pool, onReconnect: () => {} }
  return { time, result: new Transaction(deps, endpoint, asked, context).run() }
}

const refused: SocketFault = { reason: 'refused', detail: 'nothing listens on that port' }
const noRoute: SocketFault = { reason: 'no-route', detail: 'this host cannot send to it' }

describe('sending', () => {
  test('an ICMP error left over from an earlier question is not held against this one', async () => {
    const channel = new FakeChannel(refused, 'answer')
    const { result } = run(channel)
    expect(await result).toMatchObject({ kind: 'response', attempts: 1, rttMs: 0 })
    expect(channel.sent[1]).toBe(channel.sent[0])
  })

  test('a second one is', async () => {
    const channel = new FakeChannel(refused, refused)
    const { result } = run(channel)
    expect(await result).toMatchObject({ kind: 'failure', reason: 'refused', attempts: 1 })
    expect(channel.sent).toHaveLength(2)
  })

  test('met by the retransmission, it answers the first transmission', async () => {
    const { time, result } = run(new FakeChannel('silence', refused))
    await time.advance(500)
    expect(await result).toMatchObject({ kind: 'failure', reason: 'refused', attempts: 1 })
  })

  test.each([
    ['not before it is overdue from then on', 400, 500, 900],
    ['in time, where it left in time by and large', 100, 500, 500],
    ['in time, where it would not be overdue before all time is over', 600, 700, 700],
  ])(
    'where the socket opened late the question is sent again %s',
    async (_, openMs, retransmitMs, againMs) => {
      const time = new VirtualTime()
      const channel = new FakeChannel('silence', 'silence')
      channel.phase = 'connecting'
      channel.opening = new Promise((resolve) =>
        time.after(openMs, () => {
          channel.phase = 'open'
          resolve(undefined)
        }),
      )
      const { result } = run(channel, question, time, { timeoutMs: 1000, retransmitMs })
      await time.advance(againMs - 1)
      expect(channel.sent).toHaveLength(1)
      await time.advance(1)
      expect(channel.sent).toHaveLength(2)
      await time.advance(1000 - againMs)
      expect(await result).toMatchObject({ kind: 'failure', reason: 'timeout', attempts: 2 })
      expect(time.pending).toBe(0)
    },
  )

  test('a packet that our own side could not send is no attempt', async () => {
    const { result } = run(new FakeChannel(noRoute))
    expect(await result).toMatchObject({ kind: 'failure', reason: 'no-route', attempts: 0 })
  })

  test('our own side failing at the retransmission makes the question inconclusive, not a timeout', async () => {
    const { time, result } = run(new FakeChannel('silence', noRoute))
    await time.advance(500)
    expect(await result).toMatchObject({ kind: 'failure', reason: 'no-route' })
  })

  test('a request that cannot be composed is our own fault, and takes nothing down', async () => {
    const channel = new FakeChannel()
    const broken: SipQuestion = {
      method: 'OPTIONS',
      compose: () => {
        throw new RangeError('line break inside a SIP line')
      },
    }
    const { time, result } = run(channel, broken)
    expect(await result).toMatchObject({ kind: 'failure', reason: 'internal', attempts: 0 })
    expect(channel.released).toBe(1)
    expect(time.pending).toBe(0)
  })

  test('whatever the end, the channel is given back once and nothing waits on it', async () => {
    const ends = [
      { fates: ['answer'], end: { kind: 'response', attempts: 1 } },
      { fates: ['silence', 'answer'], end: { kind: 'response', attempts: 2 } },
      { fates: [refused, refused], end: { kind: 'failure', reason: 'refused' } },
      { fates: ['silence', 'silence'], end: { kind: 'failure', reason: 'timeout', attempts: 2 } },
    ] as const
    for (const { fates, end } of ends) {
      const channel = new FakeChannel(...fates)
      const { time, result } = run(channel)
      await time.advance(1000)
      expect(await result).toMatchObject(end)
      expect(channel.released).toBe(1)
      expect(channel.expectations.size).toBe(0)
      expect(time.pending).toBe(0)
    }
  })
})
