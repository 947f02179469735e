/**
 * What the world sees of the office: a registrar that its PBX registers at, and eyes on its name, through the resolver as a phone looks it
 * up, and at the authority itself over either link.
 */
import { createSocket } from 'node:dgram'
import { queryOf } from '../dns-query.ts'
import { Registrar } from '../sip-registrar.ts'
import { createSipServer } from '../sip-server.ts'
import { LINKS, PBX_NAME, WORLD } from './places.ts'
import { reporter } from './report.ts'

const LOOK_EVERY_MS = 10
const DNS_PORT = 53
const RD = 0x0100
const tell = reporter()
/** `links`: at the PBX, over both; `primary`: at a managed zone elsewhere. */
const authority = process.argv[2] === 'primary' ? [WORLD.primary] : LINKS.map((link) => link.publicAddress)

const registrar = new Registrar()
const trunk = await createSipServer({ transport: 'udp', address: WORLD.trunk, port: 5060 })
trunk.behave({
  onRequest(request, reply) {
    registrar.onRequest(request, reply)
    const contact = /<([^>]+)>/.exec(request.header('contact') ?? '')?.[1] ?? ''
    if (request.method === 'REGISTER' && request.header('expires') !== '0')
      tell({ kind: 'trunk.registered', from: request.source.address, contact })
  },
})

// The resolver is asked when there is something to find, or it would remember for long that there is nothing.
watch('authority', authority, () => watch('resolver', [WORLD.resolver]))
tell({ kind: 'ready' })

/** Asks over and over, and tells when the answer changes; whoever of several answers speaks for all. */
function watch(via: 'resolver' | 'authority', servers: readonly string[], found?: () => void): void {
  const socket = createSocket('udp4')
  const question = queryOf(PBX_NAME, 'A', { flags: via === 'resolver' ? RD : 0 })
  let last = ''
  socket.on('message', (reply) => {
    const addresses = addressesIn(reply, question.length)
    const text = addresses.join()
    if (text === '' || text === last) return
    if (last === '') found?.()
    last = text
    tell({ kind: 'name', via, addresses })
  })
  socket.bind(0, WORLD.phone, () => {
    setInterval(() => {
      for (const server of servers) socket.send(question, DNS_PORT, server, () => {})
    }, LOOK_EVERY_MS)
  })
}

/** A records behind a compressed owner: pointer, type, class, TTL, length, address. */
function addressesIn(reply: Buffer, questionEnds: number): string[] {
  const addresses: string[] = []
  for (let at = questionEnds; reply.length >= at + 16 && reply.readUInt16BE(at + 10) === 4; at += 16)
    addresses.push([...reply.subarray(at + 12, at + 16)].join('.'))
  return addresses.sort()
}
