import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { errnoOf, messageOf } from '../../../core/errors.ts'
import { HookError } from '../error.ts'

export interface SocketPlace {
  /** Name or address. */
  readonly host: string
  readonly port: number
  /** Absent: plain TCP. */
  readonly tls?: { readonly ca?: string; readonly serverName?: string }
}

/** A connection that carries text. */
export interface TextSocket {
  send(text: string): void
  /** What came, in order; called synchronously. The text before `listen` was called is not lost. */
  listen(onText: (text: string) => void, onEnd: (error: HookError) => void): void
  close(): void
}

/** Opens a connection; `signal` breaks it off at any time. Rejects with `HookError`. */
export function openTextSocket(place: SocketPlace, signal: AbortSignal): Promise<TextSocket> {
  const { host, port, tls } = place
  const where = `${host} port ${port}`
  if (signal.aborted) return Promise.reject(new HookError('stopped', 'stopped'))
  return new Promise((resolve, reject) => {
    const name = tls?.serverName ?? host
    const socket: Socket =
      tls === undefined
        ? connectTcp({ host, port })
        : connectTls({
            host,
            port,
            minVersion: 'TLSv1.2',
            // An address is no name to ask for (RFC 6066 section 3).
            ...(isIP(name) === 0 ? { servername: name } : {}),
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          })
    socket.setNoDelay(true)
    let opened = false
    let end: HookError | undefined
    let onText: ((text: string) => void) | undefined
    let onEnd: ((error: HookError) => void) | undefined
    let early = ''
    const finish = (error: HookError) => {
      if (end !== undefined) return
      end = error
      signal.removeEventListener('abort', leave)
      socket.destroy()
      if (!opened) reject(error)
      onEnd?.(error)
    }
    const leave = () => finish(new HookError('stopped', 'stopped'))
    signal.addEventListener('abort', leave, { once: true })
    socket.on('error', (error) => {
      const refusal = tls !== undefined && /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(errnoOf(error) ?? '')
      const why = errnoOf(error) ?? messageOf(error)
      finish(new HookError(refusal ? 'refused' : 'unreachable', `no connection to ${where}: ${why}`))
    })
    socket.on('close', () => finish(new HookError('unreachable', `${where} closed the connection`)))
    // A peer that says good-bye in the middle is as good as gone; the error tells which it was.
    socket.on('data', (chunk: Buffer) => {
      // What was on its way when we closed: whoever floods us would be read on, until our last words are sent.
      if (end !== undefined) return
      const text = chunk.toString('latin1')
      if (onText === undefined) early = (early + text).slice(0, 65_536)
      else onText(text)
    })
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      opened = true
      resolve({
        send: (text) => void (socket.writable && socket.write(text, 'latin1')),
        listen(text, ended) {
          onText = text
          onEnd = ended
          if (early !== '') text(early)
          early = ''
          if (end !== undefined) ended(end)
        },
        close: () => {
          if (end !== undefined) return
          end = new HookError('stopped', 'closed')
          signal.removeEventListener('abort', leave)
          socket.end()
          socket.destroySoon()
        },
      })
    })
  })
}
