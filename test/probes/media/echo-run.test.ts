import { describe, expect, it } from 'vitest'
import { EchoRun } from '../../../src/probes/media/echo-run.ts'
import type { RtpSocket, RtpSocketEvents } from '../../../src/probes/media/rtp-socket.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const DURATION_MS = 400

interface FarEnd {
  /** What it does beside, every 5 ms. */
  readonly also?: (send: (bytes: Uint8Array) => void, first: Uint8Array) => void
  /** What it sends back for our packet of that index. */
  readonly back?: (bytes: Uint8Array, index: number) => Uint8Array | undefined
}

/** A far end that gives back each packet after 10 ms. */
async function runWith({ also = () => {}, back = (bytes) => bytes }: FarEnd) {
  const time = new VirtualTime()
  let events: RtpSocketEvents | undefined
  let first: Uint8Array | undefined
  let heard = 0
  let index = 0
  const give = (bytes: Uint8Array) => {
    heard++
    events?.onPacket(bytes)
  }
  const socket = {
    connect: async (_address: string, _port: number, heardBy: RtpSocketEvents) => {
      events = heardBy
    },
    send: (bytes: Uint8Array) => {
      first ??= bytes
      const answer = back(bytes, index++)
      if (answer !== undefined) time.after(10, () => give(answer))
    },
  } as unknown as RtpSocket
  const answer = { address: '192.0.2.1', port: 4000, codec: 'pcmu' as const, direction: 'sendrecv' as const }
  const run = new EchoRun({ clock: time, timers: time }, socket, answer, DURATION_MS).run()
  for (let atMs = 0; atMs < 2 * DURATION_MS; atMs += 5) {
    await time.advance(5)
    if (first !== undefined && atMs > 50) also(give, first)
  }
  return { tally: await run, heard }
}

describe('the echo of a call', () => {
  it('is each packet once', async () => {
    const { tally } = await runWith({})
    expect(tally).toMatchObject({ sent: 20, echoed: 20, roundTripMs: 10 })
  })

  it('of a far end that says the same over and over counts once: no measure moves, and nothing is kept of it', async () => {
    const { tally, heard } = await runWith({
      also: (send, first) => {
        for (let i = 0; i < 200; i++) send(first)
      },
    })
    expect(heard).toBeGreaterThan(5_000)
    expect(tally).toMatchObject({ sent: 20, echoed: 20, roundTripMs: 10 })
  })

  it('of the first packets that are lost is loss, where nothing was heard before it', async () => {
    const { tally } = await runWith({ back: (bytes, index) => (index < 4 ? undefined : bytes) })
    expect(tally).toMatchObject({ sent: 20, heard: 16, echoed: 16, echoesExpected: 20 })
  })

  it('is followed over eight sources, not over one for each packet', async () => {
    const { tally } = await runWith({
      back: (bytes, index) => {
        const other = Uint8Array.from(bytes)
        other[11] = index
        return other
      },
    })
    expect(tally).toMatchObject({ sent: 20, heard: 8, echoed: 8 })
  })
})
