import { connect } from 'node:net'
import { errnoOf } from '../../../core/errors.ts'
import type { Timers } from '../../../core/ports.ts'
import type { SocketAddress } from '../../../core/settings.ts'
import { ProviderError } from '../error.ts'

/** A TCP connection to the primary; messages with their length in front (RFC 1035 section 4.2.2). */
export interface Conversation {
  send(message: Uint8Array): void
  /** The next message. Rejects with `ProviderError`: none within the time, the connection is gone, or the signal aborted. */
  receive(): Promise<Uint8Array>
  close(): void
}

export interface ConversationOptions {
  readonly timers: Timers
  /** To connect, and for each message. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

interface Waiter {
  resolve(message: Uint8Array): void
  reject(error: ProviderError): void
}

/** Messages that came and nobody took yet, in octets: a primary that sends without end is cut off. */
const MAX_WAITING = 16 * 1024 * 1024
/** What a message costs beside its octets: empty ones are no gift. */
const WEIGHT_OCTETS = 256

/** Connects. Rejects with `ProviderError`. The caller closes it. */
export function openConversation(server: SocketAddress, options: ConversationOptions): Promise<Conversation> {
  const { timers, timeoutMs, signal } = options
  const socket = connect({ host: server.address, port: server.port, noDelay: true })
  const where = `${server.address} port ${server.port}`
  const messages: Uint8Array[] = []
  let pending: Buffer[] = []
  let pendingOctets = 0
  let waiting = 0
  let waiter: Waiter | undefined
  let gone: ProviderError | undefined

  const end = (error: ProviderError) => {
    gone ??= error
    signal.removeEventListener('abort', aborted)
    socket.destroy()
    waiter?.reject(gone)
    waiter = undefined
  }
  const aborted = () => end(new ProviderError('timeout', 'given up: no longer wanted', { uncertain: true }))

  const take = (chunk: Buffer) => {
    pending.push(chunk)
    pendingOctets += chunk.length
    // Joined only where something is complete: a message of 64 KB in small segments costs no square.
    while (pendingOctets >= 2 && gone === undefined) {
      if ((pending[0]?.length ?? 0) < 2) pending = [Buffer.concat(pending)]
      const size = pending[0]?.readUInt16BE(0) ?? 0
      if (pendingOctets < 2 + size) return
      const [only] = pending
      const bytes = pending.length === 1 && only !== undefined ? only : Buffer.concat(pending)
      deliver(new Uint8Array(bytes.subarray(2, 2 + size)))
      pending = [bytes.subarray(2 + size)]
      pendingOctets -= 2 + size
    }
  }
  const deliver = (message: Uint8Array) => {
    if (waiter !== undefined) {
      waiter.resolve(message)
      waiter = undefined
      return
    }
    messages.push(message)
    waiting += WEIGHT_OCTETS + message.length
    if (waiting > MAX_WAITING) end(new ProviderError('protocol', `${where} sends more than was asked for`))
  }

  const within = <T>(
    what: string,
    start: (resolve: (value: T) => void, reject: (error: ProviderError) => void) => void,
  ) =>
    new Promise<T>((resolve, reject) => {
      const cancel = timers.after(timeoutMs, () =>
        end(new ProviderError('timeout', `${where} ${what} within ${timeoutMs} ms`, { uncertain: true })),
      )
      start(
        (value) => {
          cancel()
          resolve(value)
        },
        (error) => {
          cancel()
          reject(error)
        },
      )
    })

  const conversation: Conversation = {
    send(message) {
      const frame = Buffer.allocUnsafe(2 + message.length)
      frame.writeUInt16BE(message.length, 0)
      frame.set(message, 2)
      socket.write(frame)
    },
    receive() {
      const next = messages.shift()
      if (next !== undefined) {
        waiting -= WEIGHT_OCTETS + next.length
        return Promise.resolve(next)
      }
      if (gone !== undefined) return Promise.reject(gone)
      return within<Uint8Array>('did not answer', (resolve, reject) => {
        waiter = { resolve, reject }
      })
    },
    close: () => end(new ProviderError('unreachable', 'closed')),
  }

  return within('could not be reached', (resolve, reject) => {
    let open = false
    waiter = { resolve: () => {}, reject }
    socket.on('connect', () => {
      open = true
      waiter = undefined
      resolve(conversation)
    })
    socket.on('data', take)
    socket.on('error', (error) => {
      const code = errnoOf(error) ?? 'an error'
      const words = open
        ? `the connection to ${where} broke (${code})`
        : `no connection to ${where} (${code})`
      end(new ProviderError('unreachable', words, { uncertain: open }))
    })
    socket.on('close', () =>
      end(new ProviderError('unreachable', `${where} closed the connection`, { uncertain: open })),
    )
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}
