/** The media side of the lab's extension: takes RTP, sends it back, or does not. Needs no test runner. */
import { createSocket, type Socket } from 'node:dgram'
import { seededRandom } from './virtual-time.ts'

export interface MediaOptions {
  /**
   * `echo`: each packet back as it came (as SIPp does); `renumbered`: its audio in packets of our own (as Asterisk does);
   * `deaf`: takes them, sends nothing; `closed`: nobody listens at the answered port; `music`: sends audio of its own only.
   */
  readonly kind: 'echo' | 'renumbered' | 'deaf' | 'closed' | 'music'
  /** Share of packets not sent back, 0 to 1, drawn with the seed. */
  readonly loss?: number
  readonly seed?: number
  /** Each echo comes so many milliseconds later, by real time. */
  readonly delayMs?: number
  /** Packets of other audio before the first echo. */
  readonly promptPackets?: number
  /** From another port than the one in the answer. */
  readonly fromElsewhere?: boolean
  readonly payloadType?: number
}

export class EchoMedia {
  received = 0
  readonly port: number
  readonly #options: MediaOptions
  readonly #socket: Socket
  readonly #elsewhere: Socket
  readonly #random: ReturnType<typeof seededRandom>
  readonly #timers = new Set<NodeJS.Timeout>()
  #sequence = 40_000
  #timestamp = 90_000
  #open = true

  private constructor(options: MediaOptions, socket: Socket, elsewhere: Socket) {
    this.#options = options
    this.#socket = socket
    this.#elsewhere = elsewhere
    this.port = socket.address().port
    this.#random = seededRandom(options.seed ?? 1)
    socket.on('message', (bytes, from) => this.#onPacket(bytes, from.port, from.address))
    socket.on('error', () => {})
    elsewhere.on('error', () => {})
  }

  static async open(options: MediaOptions): Promise<EchoMedia> {
    const media = new EchoMedia(options, await bound(), await bound())
    // The port was ours a moment ago: nobody else has it, and nobody listens.
    if (options.kind === 'closed') await media.close()
    return media
  }

  /** SDP for an offer that names `audio` with 0 or 8. */
  answer(_offer: string): string {
    const type = this.#options.payloadType ?? 0
    return [
      'v=0',
      'o=lab 1 1 IN IP4 127.0.0.1',
      's=lab',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${type}`,
      'a=sendrecv',
      '',
    ].join('\r\n')
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(
      [this.#socket, this.#elsewhere].map((one) => new Promise<void>((done) => one.close(() => done()))),
    )
  }

  #onPacket(bytes: Uint8Array, port: number, address: string): void {
    this.received++
    const { kind, loss = 0, delayMs = 0, promptPackets = 0, fromElsewhere = false } = this.#options
    if (kind === 'deaf') return
    const isPrompt = kind === 'music' || this.received <= promptPackets
    const made = isPrompt || kind === 'renumbered' ? this.#own(bytes, isPrompt) : bytes
    if (this.#random.next() < loss) return
    const send = () => {
      if (this.#open) (fromElsewhere ? this.#elsewhere : this.#socket).send(made, port, address)
    }
    if (delayMs === 0) send()
    else {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        send()
      }, delayMs)
      this.#timers.add(timer)
    }
  }

  /** A packet of our own numbers around that audio, or around other audio. */
  #own(bytes: Uint8Array, other: boolean): Uint8Array {
    const made = Buffer.from(bytes)
    made.writeUInt16BE(this.#sequence++ & 0xffff, 2)
    made.writeUInt32BE(this.#timestamp, 4)
    made.writeUInt32BE(0x1ab, 8)
    this.#timestamp += 160
    return other ? Buffer.concat([made.subarray(0, 12), Buffer.alloc(160, 0x7e)]) : made
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', resolve)
  })
  return socket
}
