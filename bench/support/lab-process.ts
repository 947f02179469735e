/**
 * One SIP server of the test lab in a process of its own, to be killed, stopped or spoiled for real. Arguments: transport, address, port.
 * It takes OPTIONS, REGISTER and test calls with echo. Says `bound` to its parent once, and obeys its messages, each the name of one of
 * `ordersOf`.
 */
import { type Behaviour, halfOpen, resetOnConnect, status } from '../../test/support/sip-behaviours.ts'
import { createExtension, type Extension } from '../../test/support/sip-extension.ts'
import { databaseGone, Registrar } from '../../test/support/sip-registrar.ts'
import { createSipServer, type SipServer, type SipServerOptions } from '../../test/support/sip-server.ts'
import { certificate } from '../../test/support/tls-fixtures.ts'

/** Of packets, on each way that loses some. */
const LOSS = 0.3

export type Order = keyof ReturnType<typeof ordersOf>

const [transport = 'udp', address = '127.0.0.1', port = '0'] = process.argv.slice(2)
const server = await createSipServer({
  transport: transport as SipServerOptions['transport'],
  address,
  port: Number(port),
})
const orders = ordersOf(server, {
  echo: await createExtension(),
  deaf: await createExtension({ media: { kind: 'deaf' } }),
  closed: await createExtension({ media: { kind: 'closed' } }),
})
orders.heal()
process.on('message', (order) => orders[order as Order]())
// The parent may die without a word: nobody is left to kill us then.
process.on('disconnect', () => process.exit())
process.send?.('bound')

function ordersOf(server: SipServer, { echo, deaf, closed }: Record<'echo' | 'deaf' | 'closed', Extension>) {
  const healthy = withCalls(echo)
  return {
    heal() {
      server.present(certificate('server'))
      server.behave(healthy)
      // Connections made while it was ill stay ill.
      server.dropConnections('reset')
    },
    unavailable: () => server.behave(status(503)),
    /** Accepts what comes, and neither reads nor says a word, on old connections as on new ones. */
    hang: () => server.behave(halfOpen),
    reset() {
      server.behave(resetOnConnect)
      server.dropConnections('reset')
    },
    'database-gone': () => server.behave(databaseGone),
    /** Calls are answered, audio is taken, none comes back. */
    'one-way': () => server.behave(withCalls(deaf)),
    /** Calls are answered, and nobody listens for their audio. */
    'no-rtp': () => server.behave(withCalls(closed)),
    /** From the next handshake on; connections that are open stay. */
    expire: () => server.present(certificate('expired')),
    /** The same after a restart, which ends them. */
    'restart-expired'() {
      server.present(certificate('expired'))
      server.dropConnections('end')
    },
    'lose-requests': () => server.behave(lossy(healthy, { requests: LOSS, answers: 0 })),
    'lose-both-ways': () => server.behave(lossy(healthy, { requests: LOSS, answers: LOSS })),
  }
}

function withCalls(extension: Extension): Behaviour {
  const registrar = new Registrar()
  return {
    onRequest: (request, reply) =>
      (request.method === 'REGISTER' ? registrar : extension).onRequest(request, reply),
  }
}

function lossy(inner: Behaviour, share: Record<'requests' | 'answers', number>): Behaviour {
  return {
    onRequest(request, reply) {
      if (Math.random() < share.requests) return
      const send = (bytes: Uint8Array | string) => {
        if (Math.random() >= share.answers) reply.send(bytes)
      }
      inner.onRequest(request, { ...reply, send })
    },
  }
}
