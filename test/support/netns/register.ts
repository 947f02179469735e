import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'

const PORT = 5060
/** RFC 3261 section 17.1.2.2: T1, doubling up to T2, for 64 times T1. */
const T1_MS = 500
const T2_MS = 4_000

/** One REGISTER over UDP, from whichever address the routing table gives; resolves with whether it was taken. */
export function registerAt(registrar: string, contact: string, expiresS: number): Promise<boolean> {
  const socket = createSocket('udp4')
  const branch = `z9hG4bK${randomBytes(8).toString('hex')}`
  const call = randomBytes(8).toString('hex')
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const end = (taken: boolean) => {
      clearTimeout(timer)
      socket.close()
      resolve(taken)
    }
    const startMs = performance.now()
    const send = (waitMs: number) => {
      if (performance.now() - startMs > 64 * T1_MS) return end(false)
      const { address, port } = socket.address()
      socket.send(
        [
          `REGISTER sip:${registrar} SIP/2.0`,
          `Via: SIP/2.0/UDP ${address}:${port};branch=${branch};rport`,
          'Max-Forwards: 70',
          `From: <sip:pbx@${registrar}>;tag=${call}`,
          `To: <sip:pbx@${registrar}>`,
          `Call-ID: ${call}`,
          'CSeq: 1 REGISTER',
          `Contact: <${contact}>`,
          `Expires: ${expiresS}`,
          'Content-Length: 0',
          '\r\n',
        ].join('\r\n'),
      )
      timer = setTimeout(() => send(Math.min(T2_MS, 2 * waitMs)), waitMs)
    }
    socket.on('error', () => end(false))
    socket.on('message', (reply) => {
      const status = Number(/^SIP\/2\.0 (\d{3}) /.exec(reply.toString('latin1'))?.[1] ?? 0)
      if (status >= 200) end(status < 300)
    })
    socket.connect(PORT, registrar, () => send(T1_MS))
  })
}
