import { describe, expect, it } from 'vitest'
import { EchoRun } from '../../../src/probes/media/echo-run.ts'
import type { RtpSocket, RtpSocketEvents } from '../../../src/probes/media/rtp-socket.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const DURATION_MS = 400

/** A far end that gives back each packet after 10 ms; `also` is what it does beside that, every 5 ms. */
async function runWith(also: (send: (bytes: Uint8Array) => void, first: Uint8Array) => void) {
  const time = new VirtualTime()
  let events: RtpSocketEvents | undefined
  let first: Uint8Array | undefined
  let heard = 0
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
      time.after(10, () => give(bytes))
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
    const { tally } = await runWith(() => {})
    expect(tally).toMatchObject({ sent: 20, echoed: 20, roundTripMs: 10 })
  })

  it('of a far end that says the same over and over counts once: no measure moves, and nothing is kept of it', async () => {
    const { tally, heard } = await runWith((send, first) => {
      for (let i = 0; i < 200; i++) send(first)
    })
    expect(heard).toBeGreaterThan(5_000)
    expect(tally).toMatchObject({ sent: 20, echoed: 20, roundTripMs: 10 })
  })
})
