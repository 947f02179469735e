/** One SIP server of the demo, in a process of its own so that it can die for real. Arguments: address, port. Prints `bound PORT`. */
import { createSipServer } from '../sip-server.ts'

const [address = '127.0.0.1', port = '0'] = process.argv.slice(2)
const server = await createSipServer({ transport: 'udp', address, port: Number(port) })
process.stdout.write(`bound ${server.port}\n`)
