/**
 * A fleet of SIP servers in one process: `count` loopback addresses from `127.20.0.0` on, all on one port, each answering OPTIONS over UDP with 200.
 * Prints one line once all sockets are bound. Kept plain, so that what is measured is the monitor.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const [count = '1000', port = '5060'] = process.argv.slice(2)

export function fleetAddress(index: number): string {
  return `127.20.${Math.floor(index / 250)}.${(index % 250) + 1}`
}

if (process.argv[1]?.endsWith('fleet-process.js')) {
  for (let index = 0; index < Number(count); index++) {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => socket.send(reply(message), from.port, from.address))
    socket.bind(Number(port), fleetAddress(index))
    await once(socket, 'listening')
  }
  process.stdout.write('bound\n')
  // The parent may die without a word: nobody is left to kill us then.
  process.stdin.on('end', () => process.exit()).resume()
}

function reply(request: Buffer): string {
  const lines = request.toString('latin1').split('\r\n')
  const kept = lines.filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line))
  const to = lines.find((line) => line.startsWith('To:')) ?? ''
  return ['SIP/2.0 200 OK', ...kept, `${to};tag=f1`, 'Content-Length: 0', '', ''].join('\r\n')
}
