/**
 * A TCP or TLS server on loopback that says what it is told to; for protocols other than SIP.
 *
 *   const server = await createStreamLab({ tls: certificate('server') })   // or without: TCP
 *   server.behave({ greet: '220 ready\r\n', onData: (text, reply) => reply.send('250 ok\r\n') })
 */
import { createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { until } from './sip-real-time.ts'

export interface StreamReply {
  send(bytes: Uint8Array | string): void
  /** FIN behind what was sent. */
  end(bytes?: string): void
  reset(): void
}

export interface StreamBehaviour {
  /** `hold`: the connection stays open, nobody reads, no TLS handshake. Default `accept`. */
  readonly onConnection?: 'accept' | 'hold' | 'reset' | 'end'
  readonly greet?: Uint8Array | string
  /** With all that came over this connection since the last answer; true: it was understood and is done with. */
  onData?(text: string, reply: StreamReply): boolean
}

export interface StreamLab {
  readonly port: number
  readonly accepted: number
  readonly open: number
  /** All that came, over all connections, as latin1. */
  readonly received: string
  /** SNI of each TLS handshake; '' for none. */
  readonly serverNames: readonly string[]
  behave(behaviour: StreamBehaviour): void
  until(text: string): Promise<void>
  close(): Promise<void>
}

export async function createStreamLab(options: { tls?: SecureContextOptions } = {}): Promise<StreamLab> {
  let behaviour: StreamBehaviour = {}
  let accepted = 0
  let received = ''
  const serverNames: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((plain) => {
    accepted++
    sockets.add(plain)
    plain.on('close', () => sockets.delete(plain))
    plain.on('error', () => {})
    const how = behaviour.onConnection ?? 'accept'
    if (how === 'reset') plain.resetAndDestroy()
    if (how === 'end') plain.end()
    if (how !== 'accept') return
    if (options.tls === undefined) return serve(plain, plain)
    const secureContext = createSecureContext(options.tls)
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext,
      SNICallback: (name, done) => {
        serverNames.push(name)
        done(null, secureContext)
      },
    })
    secure.on('error', () => plain.destroy())
    serve(secure, plain)
  })

  function serve(socket: Socket, plain: Socket): void {
    const reply: StreamReply = {
      send: (bytes) => void (socket.writable && socket.write(bytes)),
      end: (bytes) => void (bytes === undefined ? socket.end() : socket.end(bytes, 'latin1')),
      reset: () => void plain.resetAndDestroy(),
    }
    let held = ''
    if (behaviour.greet !== undefined) socket.write(behaviour.greet)
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      received += text
      held += text
      if (behaviour.onData?.(held, reply) === true) held = ''
    })
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const where = server.address()
  const port = typeof where === 'object' && where !== null ? where.port : 0
  return {
    port,
    serverNames,
    get accepted() {
      return accepted
    },
    get open() {
      return sockets.size
    },
    get received() {
      return received
    },
    behave: (next) => {
      behaviour = next
    },
    until: (text) => until(() => received.includes(text), `${JSON.stringify(text)} to come in`),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        if (server.listening) server.close(() => resolve())
        else resolve()
      }),
  }
}
