/** A mail server that takes letters and keeps them: EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA. */
import { createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'

export interface SinkBehaviour {
  /** Offered as STARTTLS; absent: not offered. */
  readonly tls?: SecureContextOptions
  readonly user?: string
  readonly password?: string
  /** Replies by command (`RCPT`, `DATA`, …) instead of the good ones. */
  readonly replies?: Readonly<Record<string, string>>
  /** Nothing is said, not even a greeting. */
  readonly silent?: boolean
}

export interface SmtpSink {
  readonly port: number
  readonly letters: readonly string[]
  /** Commands in order, as they came. */
  readonly commands: readonly string[]
  readonly open: number
  close(): Promise<void>
}

export async function createSmtpSink(how: SinkBehaviour = {}): Promise<SmtpSink> {
  const letters: string[] = []
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    if (how.silent === true) return
    socket.write('220 sink ESMTP\r\n')
    serve(socket, false)
  })

  function serve(socket: Socket, secure: boolean): void {
    let held = ''
    let letter: string | undefined
    const say = (text: string) => void socket.write(`${text}\r\n`)
    const onData = (chunk: Buffer) => {
      held += chunk.toString('latin1')
      for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end)
        held = held.slice(end + 2)
        if (letter === undefined) command(line)
        else if (line === '.') {
          letters.push(letter)
          letter = undefined
          say(how.replies?.END ?? '250 taken')
        } else letter += `${line.replace(/^\./, '')}\n`
      }
    }
    const command = (line: string) => {
      commands.push(line)
      const verb = line.slice(0, 4).toUpperCase()
      const reply = how.replies?.[verb]
      if (reply !== undefined) return say(reply)
      if (verb === 'EHLO') {
        const auth = how.user === undefined ? [] : ['250-AUTH PLAIN']
        const tls = how.tls === undefined || secure ? [] : ['250-STARTTLS']
        return say(['250-sink', ...auth, ...tls, '250 8BITMIME'].join('\r\n'))
      }
      if (verb === 'STAR') {
        if (how.tls === undefined) return say('502 5.5.1 not implemented')
        say('220 go')
        socket.off('data', onData)
        const upgraded = new TLSSocket(socket, {
          isServer: true,
          secureContext: createSecureContext(how.tls),
        })
        upgraded.on('error', () => socket.destroy())
        return serve(upgraded, true)
      }
      if (verb === 'AUTH') {
        const given = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString()
        return say(given === `\0${how.user}\0${how.password}` ? '235 in' : '535 5.7.8 no')
      }
      if (verb === 'DATA') letter = ''
      say(verb === 'DATA' ? '354 go' : verb === 'QUIT' ? '221 bye' : '250 fine')
    }
    socket.on('data', onData)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const where = server.address()
  return {
    port: typeof where === 'object' && where !== null ? where.port : 0,
    letters,
    commands,
    get open() {
      return sockets.size
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
