/**
 * One SIP server of the test lab in a process of its own, to be killed, stopped or spoiled for real. Arguments: transport, address, port.
 * Sends `bound` to its parent, and obeys its messages: `503`, `hang` (takes everything, says nothing), `reset` (breaks all connections, old and new).
 */
import { resetOnConnect, silence, status } from '../../test/support/sip-behaviours.ts'
import { createSipServer } from '../../test/support/sip-server.ts'

const [transport = 'udp', address = '127.0.0.1', port = '0'] = process.argv.slice(2)
const server = await createSipServer({
  transport: transport as 'udp' | 'tcp' | 'tls',
  address,
  port: Number(port),
})

process.on('message', (order) => {
  if (order === '503') server.behave(status(503))
  if (order === 'hang') server.behave(silence)
  if (order === 'reset') {
    server.behave(resetOnConnect)
    server.dropConnections('reset')
  }
})
// The parent may die without a word: nobody is left to kill us then.
process.on('disconnect', () => process.exit())
process.send?.('bound')
