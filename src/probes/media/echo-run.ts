import { randomBytes } from 'node:crypto'
import type { Clock, Timers } from '../../core/ports.ts'
import { markedPayload, markSecret, marksIn } from '../../wire/rtp/mark.ts'
import { decodeRtp, encodeRtp } from '../../wire/rtp/packet.ts'
import { Reception } from '../../wire/rtp/reception.ts'
import { type AudioAnswer, G711 } from '../../wire/sip/sdp.ts'
import type { EchoTally } from './echo-tally.ts'
import type { RtpSocket } from './rtp-socket.ts'

export const PACKET_MS = 20
const SAMPLES = 160
/** Echoes of the last packets are waited for this long at least, or two round trips. */
const GRACE_MS = 300
/** A source that changes its number without end is not followed. */
const MAX_SOURCES = 8

export interface EchoRunDeps {
  readonly clock: Clock
  readonly timers: Timers
}

/** Sends marked G.711 for a while and listens for what comes back. */
export class EchoRun {
  readonly #deps: EchoRunDeps
  readonly #socket: RtpSocket
  readonly #answer: AudioAnswer
  readonly #packets: number
  /** Nobody who cannot see the packets can forge an echo. */
  readonly #secret = markSecret(randomBytes(6))
  readonly #ssrc = randomBytes(4).readUInt32BE()
  readonly #firstSequence = randomBytes(2).readUInt16BE()
  readonly #firstTimestamp = randomBytes(4).readUInt32BE()
  readonly #sentAtMs: number[] = []
  readonly #roundTripsMs: number[] = []
  readonly #sources = new Map<number, Reception>()
  /** The marks as a stream of their own: our sequence, our times of sending. */
  readonly #echoes = new Reception()
  /** Indexes whose echo was heard: a far end may say the same for ever. */
  readonly #echoed = new Set<number>()
  #heardBeforeEcho = 0
  #firstEcho: number | undefined
  #refused = false
  #worstLateMs = 0
  #startMs = 0
  #cancel: () => void = () => {}
  #settle: (tally: EchoTally) => void = () => {}
  #over = false

  constructor(deps: EchoRunDeps, socket: RtpSocket, answer: AudioAnswer, durationMs: number) {
    this.#deps = deps
    this.#socket = socket
    this.#answer = answer
    this.#packets = Math.max(1, Math.floor(durationMs / PACKET_MS))
  }

  /** Resolves after the duration and a grace for what is still on its way, or when stopped. */
  async run(): Promise<EchoTally> {
    const { address, port } = this.#answer
    const fault = await this.#socket.connect(address, port, {
      onPacket: (bytes) => this.#onPacket(bytes),
      onRefused: () => {
        this.#refused = true
      },
    })
    if (fault !== undefined) return { ...this.#tally(), unsendable: fault.detail }
    return new Promise((resolve) => {
      this.#settle = resolve
      if (this.#over) return resolve(this.#tally())
      this.#startMs = this.#deps.clock.nowMs()
      this.#sendNext()
    })
  }

  /** Ends it early: what is known by now is the tally. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#cancel()
    this.#settle(this.#tally())
  }

  /** A packet every 20 ms by the clock: one that our own timer let out late is followed the sooner by the next. */
  #sendNext(): void {
    const dueMs = this.#startMs + this.#sentAtMs.length * PACKET_MS
    this.#worstLateMs = Math.max(this.#worstLateMs, this.#deps.clock.nowMs() - dueMs)
    this.#send()
    const last = this.#sentAtMs.length >= this.#packets
    const waitMs = last ? this.#graceMs() : Math.max(1, dueMs + PACKET_MS - this.#deps.clock.nowMs())
    this.#cancel = this.#deps.timers.after(waitMs, () => (last ? this.stop() : this.#sendNext()))
  }

  #send(): void {
    const index = this.#sentAtMs.length
    const { payloadType, silence } = G711[this.#answer.codec]
    this.#sentAtMs.push(this.#deps.clock.nowMs())
    this.#socket.send(
      encodeRtp({
        payloadType,
        // RFC 3551 section 4.1: the first packet of a talkspurt is marked.
        marker: index === 0,
        sequence: (this.#firstSequence + index) & 0xffff,
        timestamp: (this.#firstTimestamp + index * SAMPLES) >>> 0,
        ssrc: this.#ssrc,
        payload: markedPayload(this.#secret, index, SAMPLES, silence),
      }),
    )
  }

  #graceMs(): number {
    return Math.max(GRACE_MS, 2 * (median(this.#roundTripsMs) ?? 0))
  }

  #onPacket(bytes: Uint8Array): void {
    if (this.#over) return
    const packet = decodeRtp(bytes)
    if (packet === undefined) return
    const nowMs = this.#deps.clock.nowMs()
    const source = this.#sourceOf(packet.ssrc)
    if (source === undefined) return
    source.add(packet.sequence, packet.timestamp / (SAMPLES / PACKET_MS), nowMs)
    const marks = marksIn(this.#secret, packet.payload)
    if (marks.length === 0 && this.#firstEcho === undefined) this.#heardBeforeEcho++
    for (const index of marks) this.#onEcho(index, nowMs)
    if (this.#echoes.report().received === this.#packets) this.stop()
  }

  #onEcho(index: number, nowMs: number): void {
    const sentAtMs = this.#sentAtMs[index]
    if (sentAtMs === undefined || this.#echoed.has(index)) return
    this.#echoed.add(index)
    this.#firstEcho ??= index
    this.#echoes.add(index & 0xffff, sentAtMs, nowMs)
    this.#roundTripsMs.push(nowMs - sentAtMs)
  }

  #sourceOf(ssrc: number): Reception | undefined {
    const known = this.#sources.get(ssrc)
    if (known !== undefined || this.#sources.size >= MAX_SOURCES) return known
    const fresh = new Reception()
    this.#sources.set(ssrc, fresh)
    return fresh
  }

  #tally(): EchoTally {
    const streams = [...this.#sources.values()].map((source) => source.report())
    const [longest] = [...streams].sort((a, b) => b.received - a.received)
    const echoes = this.#echoes.report()
    // A prompt that plays before the echo swallows what we said meanwhile; that is no loss.
    const from = this.#heardBeforeEcho > 0 ? (this.#firstEcho ?? 0) : 0
    const roundTripMs = median(this.#roundTripsMs)
    return {
      sent: this.#sentAtMs.length,
      heard: streams.reduce((sum, each) => sum + each.received, 0),
      streamLost: streams.reduce((sum, each) => sum + each.lost, 0),
      streamExpected: streams.reduce((sum, each) => sum + each.expected, 0),
      echoed: echoes.received,
      echoesExpected: this.#sentAtMs.length - from,
      jitterMs: (echoes.received > 1 ? echoes.jitter : longest?.jitter) ?? 0,
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      refused: this.#refused,
      worstLateMs: this.#worstLateMs,
    }
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
