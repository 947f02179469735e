import type { Socket } from 'node:net'
import type { Clock } from '../../core/ports.ts'
import { printableMessage } from '../../wire/sip/printable.ts'
import type { AskContext } from '../definition.ts'
import { type Finder, finder, type TextMatch } from '../pattern/text-match.ts'

/** What is said over a connection, in this order. */
export interface Script {
  readonly send?: Uint8Array | undefined
  readonly expect?: TextMatch | undefined
  readonly quit?: Uint8Array | undefined
}

/** How far it came when it ended, and how. */
export type ExchangeEnd =
  | { readonly kind: 'done'; readonly rttMs: number }
  | { readonly kind: 'closed' | 'too-long' }
  | { readonly kind: 'error'; readonly error: Error }

/** Nothing that tells a server's health is longer; a hostile one could talk for ever. */
export const RECEIVE_MAX_BYTES = 8192

/** One conversation by script over a socket that is being connected. Never throws for what the far end does. */
export class Exchange {
  readonly #socket: Socket
  readonly #script: Script
  readonly #clock: Clock
  readonly #trace: AskContext['trace']
  readonly #finder: Finder | undefined
  #sinceMs: number
  #connected = false
  #heard = Buffer.alloc(0)

  constructor(socket: Socket, script: Script, clock: Clock, trace: AskContext['trace']) {
    this.#socket = socket
    this.#script = script
    this.#clock = clock
    this.#trace = trace
    this.#sinceMs = clock.nowMs()
    this.#finder = script.expect === undefined ? undefined : finder(script.expect)
  }

  get connected(): boolean {
    return this.#connected
  }

  /** What came, up to `RECEIVE_MAX_BYTES`. */
  get heard(): Uint8Array {
    return this.#heard
  }

  run(settle: (end: ExchangeEnd) => void): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    socket.on('error', (error) => settle({ kind: 'error', error }))
    socket.once('connect', () => {
      this.#connected = true
      this.#onConnected(settle)
    })
    if (this.#finder === undefined) return
    socket.on('data', (bytes: Buffer) => this.#onData(bytes, settle))
    socket.on('end', () => settle({ kind: 'closed' }))
    socket.on('close', () => settle({ kind: 'closed' }))
  }

  #onConnected(settle: (end: ExchangeEnd) => void): void {
    const { send } = this.#script
    const rttMs = this.#clock.nowMs() - this.#sinceMs
    if (this.#finder !== undefined) this.#sinceMs = this.#clock.nowMs()
    const sent = () => {
      if (this.#finder === undefined) this.#leave(rttMs, settle)
    }
    if (send === undefined) sent()
    else this.#write(send, sent)
  }

  #onData(bytes: Buffer, settle: (end: ExchangeEnd) => void): void {
    if (this.#heard.length >= RECEIVE_MAX_BYTES) return
    const taken = bytes.subarray(0, RECEIVE_MAX_BYTES - this.#heard.length)
    this.#heard = Buffer.concat([this.#heard, taken])
    this.#trace?.({ direction: 'received', text: printableMessage(taken) })
    this.#finder?.push(taken)
    if (this.#finder?.found() === true) this.#leave(this.#clock.nowMs() - this.#sinceMs, settle)
    else if (this.#heard.length >= RECEIVE_MAX_BYTES) settle({ kind: 'too-long' })
  }

  /** Says good-bye where the script has one: some servers log a connection that just ends. */
  #leave(rttMs: number, settle: (end: ExchangeEnd) => void): void {
    const { quit } = this.#script
    const done = () => settle({ kind: 'done', rttMs })
    if (quit === undefined) done()
    else this.#write(quit, done)
  }

  #write(bytes: Uint8Array, written: () => void): void {
    this.#trace?.({ direction: 'sent', text: printableMessage(bytes) })
    // An error comes as an event of the socket as well.
    this.#socket.write(bytes, (error) => {
      if (error === null || error === undefined) written()
    })
  }
}
