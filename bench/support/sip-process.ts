/**
 * One SIP server in a process of its own, to be killed, stopped or spoiled for real: answers OPTIONS over UDP with 200, or with 503 after SIGUSR2
 * (again for 200). Arguments: address, port. Prints `bound PORT`.
 */
import { createSocket } from 'node:dgram'

const [address = '127.0.0.1', port = '0'] = process.argv.slice(2)
let spoiled = false
process.on('SIGUSR2', () => {
  spoiled = !spoiled
})
const socket = createSocket('udp4')
socket.on('message', (message, from) => {
  const lines = message.toString('latin1').split('\r\n')
  const kept = lines.filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line))
  const to = lines.find((line) => line.startsWith('To:')) ?? ''
  const status = spoiled ? 'SIP/2.0 503 Service Unavailable' : 'SIP/2.0 200 OK'
  socket.send(
    [status, ...kept, `${to};tag=s1`, 'Content-Length: 0', '', ''].join('\r\n'),
    from.port,
    from.address,
  )
})
socket.bind(Number(port), address, () => process.stdout.write(`bound ${socket.address().port}\n`))
// The parent may die without a word: nobody is left to kill us then.
process.stdin.on('end', () => process.exit()).resume()
