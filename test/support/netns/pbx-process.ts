/**
 * The office's PBX: a scripted Asterisk manager, a registrar for phones on both links, and a trunk registration. As Asterisk, it learns its
 * public address by looking up a name when it is told to (`dnsmgr refresh`), writes it into its Contact, and registers when it is told to
 * (`PJSIPRegister`). What leaves for the trunk goes by the main routing table.
 */
import { Resolver } from 'node:dns/promises'
import { createAmiServer } from '../ami-server.ts'
import { Registrar } from '../sip-registrar.ts'
import { createSipServer } from '../sip-server.ts'
import { LINKS, PBX_NAME, WORLD } from './places.ts'
import { registerAt } from './register.ts'
import { reporter } from './report.ts'

const SIP_PORT = 5060
const tell = reporter()
const own = new Resolver({ timeout: 1_000, tries: 2 })
own.setServers(['127.0.0.1'])
/** Where `external_signaling_address` leads; before the first refresh an address that nobody has. */
let external = '192.0.2.200'
let registered: string | undefined

for (const link of LINKS) {
  const registrar = new Registrar()
  const server = await createSipServer({ transport: 'udp', address: link.local, port: SIP_PORT })
  server.behave({
    onRequest(request, reply) {
      registrar.onRequest(request, reply)
      if (request.method === 'REGISTER') tell({ kind: 'phone.registered', link: link.name })
    },
  })
}

const asterisk = await createAmiServer({
  registrations: ['trunk'],
  onCommand: async (line) => (line.startsWith('dnsmgr refresh') ? refresh() : undefined),
  onRegister: register,
})

async function refresh(): Promise<void> {
  // A look-up that fails keeps the old address.
  const [address = external] = await own.resolve4(PBX_NAME).catch(() => [])
  external = address
  tell({ kind: 'pbx.refreshed', address })
}

async function register(): Promise<boolean> {
  const contact = `sip:pbx@${external}:${SIP_PORT}`
  // The old binding first, as PJSIPRegister does.
  if (registered !== undefined) await registerAt(WORLD.trunk, registered, 0)
  registered = contact
  return registerAt(WORLD.trunk, contact, 3600)
}

// The name is there: what Asterisk does at its own start.
process.on('message', () => void refresh().then(register))

tell({ kind: 'ready', amiPort: asterisk.port })
