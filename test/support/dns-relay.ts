import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { SocketAddress } from '../../src/core/settings.ts'

/** Stands before a real server and loses what it is told to lose; requests always arrive. */
export interface DnsRelay {
  readonly at: SocketAddress
  /** Whether datagrams from the server are lost, passed on, or sent on with TC set and no more than the question. */
  udp: 'pass' | 'lose' | 'truncate'
  /** `cut`: the connection ends once the server has answered. */
  tcp: 'pass' | 'cut'
  readonly seen: { udp: number; tcp: number }
  close(): Promise<void>
}

/** A relay on loopback in front of `to`. The caller closes it. */
export async function startRelay(to: SocketAddress): Promise<DnsRelay> {
  const open = new Set<Socket | UdpSocket>()
  const relay: DnsRelay = {
    at: { address: '127.0.0.1', port: 0 },
    udp: 'pass',
    tcp: 'pass',
    seen: { udp: 0, tcp: 0 },
    async close() {
      for (const socket of open) 'destroy' in socket ? socket.destroy() : socket.close()
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    },
  }
  const tcp = createServer((near) => {
    const far = connect({ host: to.address, port: to.port })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (bytes) => {
      relay.seen.tcp++
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (relay.tcp === 'cut') near.destroy()
      else near.write(bytes)
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (bytes, from) => {
    relay.seen.udp++
    const far = createSocket('udp4')
    open.add(far)
    far.on('message', (reply) => {
      far.close()
      open.delete(far)
      if (relay.udp === 'lose') return
      udp.send(relay.udp === 'truncate' ? truncated(reply) : reply, from.port, from.address)
    })
    far.send(bytes, to.port, to.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return Object.assign(relay, { at: { address: '127.0.0.1', port } })
}

/** A header with TC and no sections: what is left of a reply that did not fit, and unsigned at that. */
function truncated(reply: Buffer): Buffer {
  const head = Buffer.alloc(12)
  reply.copy(head, 0, 0, 4)
  head[2] = (head[2] ?? 0) | 0x02
  return head
}
