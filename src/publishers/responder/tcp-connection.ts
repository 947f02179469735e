import type { Socket } from 'node:net'
import type { Answerer } from './answerer.ts'
import { type ClientAddress, emptyClientAddress, readClientAddress } from './client-address.ts'
import { FRAMING_ERROR, Frames } from './frames.ts'
import type { Tally } from './tally.ts'
import type { Transfer, TransferDesk } from './transfer/desk.ts'
import { streamTransfer } from './transfer/stream.ts'

export interface ConnectionDeps {
  readonly answerer: Answerer
  readonly tally: Tally
  /** Absent: no transfers. */
  readonly transfers?: TransferDesk | undefined
  /** How long a connection may be idle now; shorter when they are many (RFC 7766 section 6.2.3). */
  idleTimeoutMs(): number
  /** Where an answer is written before it is copied; shared by all connections. */
  readonly out: Buffer
  /** A whole query came. */
  active(connection: TcpConnection): void
  closed(connection: TcpConnection): void
}

/** Queries of one connection that are answered before the others have their turn. */
const BURST = 64

/**
 * One client's connection (RFC 7766): queries are answered in the order they come, as many as it pipelines. Each answer is there at once,
 * so there is none that could overtake another (RFC 7766 section 7).
 *
 * | state   | until                        | reads | answers |
 * |---------|------------------------------|-------|---------|
 * | open    |                              | yes   | yes     |
 * | resting | the other sockets had a turn | no    | no      |
 * | blocked | the client reads its answers | no    | no      |
 * | sending | a transfer has been sent     | no    | no      |
 * | ending  | the client closes, or time   | no    | what was received before |
 *
 * So at most one chunk, one query and one answer above the stream's own mark are held for a client that does not read.
 */
export class TcpConnection {
  /** The client's key for the limit per client. */
  readonly client: string
  /** Turns of the sweep since the last whole query; a lone octet now and then does not count as life. */
  idleTurns = 0
  readonly #socket: Socket
  readonly #deps: ConnectionDeps
  readonly #frames = new Frames()
  readonly #address: ClientAddress = emptyClientAddress()
  #blocked = false
  #resting = false
  #sending = false
  /** No more will come: the client has closed its side, or we end. */
  #finished = false
  /** Do not wait for the client to close. */
  #hurried = false

  constructor(socket: Socket, client: string, deps: ConnectionDeps) {
    this.client = client
    readClientAddress(socket.remoteAddress ?? '', this.#address)
    this.#socket = socket
    this.#deps = deps
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('drain', () => this.#drained())
    socket.on('end', () => this.finish(false))
    // A reset is the client's way to leave; 'close' follows and does the rest.
    socket.on('error', () => {})
    socket.on('close', () => deps.closed(this))
  }

  /** The client has not yet taken what it asked for. */
  get blocked(): boolean {
    return this.#blocked || this.#sending
  }

  /** Answers what has come and closes our side when that is sent; `hurried`: the client's side with it. */
  finish(hurried: boolean): void {
    this.#finished = true
    this.#hurried ||= hurried
    if (!this.#held) this.#pump()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    if (this.#finished) return
    this.#frames.push(chunk)
    if (!this.#held) this.#pump()
  }

  get #held(): boolean {
    return this.#blocked || this.#resting || this.#sending
  }

  #drained(): void {
    this.#blocked = false
    this.#goOn()
  }

  #rested(): void {
    this.#resting = false
    if (!this.#socket.destroyed) this.#goOn()
  }

  #goOn(): void {
    if (this.#held) return
    this.#pump()
    if (!this.#held && !this.#finished) this.#socket.resume()
  }

  #pump(): void {
    // All answers of one turn leave in as few segments as they can, each with its length in the same write (RFC 7766 section 8).
    this.#socket.cork()
    for (let answered = 0; ; answered++) {
      if (answered === BURST && this.#frames.pending > 0) {
        this.#resting = true
        this.#socket.pause()
        setImmediate(() => this.#rested())
        break
      }
      const frame = this.#frames.next()
      if (frame === undefined) break
      if (frame === FRAMING_ERROR) {
        this.#deps.tally.tcpFramingErrors++
        this.#finished = true
        this.#hurried = true
        break
      }
      const transfer = this.#deps.transfers?.grant(frame, this.#address, this.#socket.remoteAddress ?? '')
      if (transfer !== undefined) {
        this.#send(transfer)
        break
      }
      if (!this.#answer(frame)) {
        this.#blocked = true
        this.#socket.pause()
        break
      }
    }
    this.#frames.compact()
    this.#socket.uncork()
    if (!this.#finished || this.#held) return
    if (this.#hurried) this.#socket.destroySoon()
    else this.#socket.end()
  }

  /** Answers wait until it is through: a client that pipelines behind a transfer gets its answers in order. */
  #send(transfer: Transfer): void {
    const { transfers } = this.#deps
    if (transfers === undefined) return
    this.#countQuery()
    this.#deps.tally.asked('tcp', transfer.qtype)
    this.#sending = true
    this.#socket.pause()
    streamTransfer(this.#socket, transfer, {
      slots: transfers.slots,
      failed: (error) => transfers.failed(transfer, error),
      moved: () => {
        this.idleTurns = 0
      },
      done: (whole) => {
        transfers.ended(transfer, whole)
        this.#sending = false
        if (!this.#socket.destroyed) this.#goOn()
      },
    })
  }

  #countQuery(): void {
    this.#deps.tally.queriesTcp++
    this.idleTurns = 0
    this.#deps.active(this)
  }

  /** False when the stream holds enough. */
  #answer(frame: Buffer): boolean {
    this.#countQuery()
    const { answerer, out } = this.#deps
    answerer.context.idleTimeoutMs = this.#deps.idleTimeoutMs()
    const length = answerer.answer(frame, 'tcp', this.#address, out)
    if (length === 0) return true
    const message = Buffer.allocUnsafe(length + 2)
    message.writeUInt16BE(length, 0)
    out.copy(message, 2, 0, length)
    return this.#socket.write(message)
  }
}
