/**
 * A fleet of SIP servers in one process: `count` loopback addresses from `127.20.0.0` on, all on one port, each answering OPTIONS over UDP
 * with 200. Prints `bound` once all sockets are bound, and for each line it reads how many requests it has answered. It answers with as
 * little work as may be, so that what is measured is the monitor: a fleet that falls behind looks like a long way to it.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const [count = '1000', port = '5060'] = process.argv.slice(2)
const STATUS_LINE = Buffer.from('SIP/2.0 200 OK')
const END = Buffer.from('\r\nContent-Length: 0\r\n\r\n')
const TAG = Buffer.from(';tag=f1')
let answered = 0

export function fleetAddress(index: number): string {
  return `127.20.${Math.floor(index / 250)}.${(index % 250) + 1}`
}

if (process.argv[1]?.endsWith('fleet-process.js')) {
  for (let index = 0; index < Number(count); index++) {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => {
      answered++
      socket.send(reply(message), from.port, from.address)
    })
    socket.bind(Number(port), fleetAddress(index))
    await once(socket, 'listening')
  }
  process.stdout.write('bound\n')
  process.stdin.on('data', () => process.stdout.write(`${answered}\n`))
  // The parent may die without a word: nobody is left to kill us then.
  process.stdin.on('end', () => process.exit())
}

/** The request's own Via to CSeq, in the order in which sipvane writes them. */
function reply(request: Buffer): Buffer[] {
  const start = request.indexOf('\r\n')
  const to = request.indexOf('\r\n', request.indexOf('\r\nTo:') + 2)
  const end = request.indexOf('\r\nContact:')
  return [STATUS_LINE, request.subarray(start, to), TAG, request.subarray(to, end), END]
}
