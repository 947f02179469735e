import type { Socket } from 'node:net'
import type { Transfer } from './desk.ts'
import type { Slots } from './slots.ts'

export interface StreamDeps {
  readonly slots: Slots
  /** A message could not be made; the connection is ended for it. */
  readonly failed: (error: unknown) => void
  /** A message was handed to the system: the client takes what it asked for. */
  readonly moved: () => void
  /** The last one was (`whole`), or the connection has ended. Called once. */
  readonly done: (whole: boolean) => void
}

/**
 * Sends a transfer message by message. One is made a turn, so others are answered between them, and none before the client has read what it
 * was sent: whoever does not read holds one message and one place, until the connection's idle time ends it.
 */
export function streamTransfer(socket: Socket, transfer: Transfer, deps: StreamDeps): void {
  const { messages } = transfer
  let ended = false
  let turn: NodeJS.Immediate | undefined

  const end = (whole: boolean) => {
    if (ended) return
    ended = true
    clearImmediate(turn)
    socket.removeListener('drain', next)
    socket.removeListener('close', closed)
    leave()
    deps.done(whole)
  }
  const closed = () => end(false)
  const next = () => {
    if (ended) return
    let message: IteratorResult<Uint8Array>
    try {
      message = messages.next()
    } catch (error) {
      // RFC 5936 section 2.2: what cannot be gone on with ends the connection, so that nobody takes a part for the whole.
      deps.failed(error)
      socket.destroy()
      end(false)
      return
    }
    if (message.done === true) {
      end(true)
      return
    }
    deps.moved()
    if (socket.write(framed(message.value))) turn = setImmediate(next)
    else socket.once('drain', next)
  }
  socket.once('close', closed)
  let leave = () => {}
  const begin = () => {
    turn = setImmediate(next)
  }
  // Whoever asks for a zone that is not here gets an error, without leave: that must not cost a secondary its place.
  if (transfer.kind === 'faulty') begin()
  else leave = deps.slots.enter(begin)
}

/** With its length in front, in the same write (RFC 7766 section 8). */
function framed(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(message.length + 2)
  out.writeUInt16BE(message.length, 0)
  out.set(message, 2)
  return out
}
