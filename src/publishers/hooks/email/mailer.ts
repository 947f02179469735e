import { connect, type Socket } from 'node:net'
import type { EmailOptions } from '../email.ts'

export interface OutgoingLetter {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly messageId: string
}

export interface Mailer {
  /** Rejects with nodemailer's own errors; `faults.ts` reads them. */
  send(letter: OutgoingLetter): Promise<{ readonly rejected: readonly string[] }>
  close(): void
}

const PORTS = { starttls: 587, tls: 465, none: 25 } as const

/** One connection for one letter. nodemailer is loaded late: most instances send no mail. `signal` breaks the connection off. */
export async function openMailer(options: EmailOptions, signal: AbortSignal): Promise<Mailer> {
  const { createTransport } = await import('nodemailer')
  const { server, security, user, password, ca } = options
  const sockets = new Set<Socket>()
  const transport = createTransport({
    // A socket of our own: nodemailer has no way to break one off before its limits do.
    getSocket: ({ host, port }, done) => {
      const socket = connect({ host: host ?? server, port: Number(port) })
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      const failed = (error: Error) => done(error)
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.off('error', failed)
        done(null, { connection: socket })
      })
    },
    host: server,
    port: options.port ?? PORTS[security],
    secure: security === 'tls',
    // A server that "forgot" STARTTLS is an attacker until proved otherwise (RFC 3207 section 6).
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    // Letters are ours, from a template: nothing in them may read a file or fetch a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
  })
  const leave = () => {
    for (const socket of sockets) socket.destroy(new Error('stopped'))
    transport.close()
  }
  signal.addEventListener('abort', leave, { once: true })
  return {
    async send(letter) {
      const info = await transport.sendMail({ ...letter, to: [...letter.to] })
      return { rejected: (info.rejected ?? []).map(String) }
    },
    close: () => {
      signal.removeEventListener('abort', leave)
      transport.close()
    },
  }
}
