/** A UDP server on loopback that answers as it is told; for protocols other than SIP. */
import { createSocket } from 'node:dgram'
import { until } from './sip-real-time.ts'

export interface DatagramReply {
  send(bytes: Uint8Array): void
  /** The same from another port of the same address. */
  sendFromElsewhere(bytes: Uint8Array): void
}

export type DatagramBehaviour = (
  bytes: Uint8Array,
  reply: DatagramReply,
  from: { readonly address: string; readonly port: number },
) => void

export interface DatagramLab {
  readonly port: number
  /** All that came, in order. */
  readonly received: readonly Uint8Array[]
  behave(behaviour: DatagramBehaviour): void
  count(datagrams: number): Promise<void>
  close(): Promise<void>
}

export async function createDatagramLab(behaviour: DatagramBehaviour = () => {}): Promise<DatagramLab> {
  const received: Uint8Array[] = []
  const socket = createSocket('udp4')
  const elsewhere = createSocket('udp4')
  for (const each of [socket, elsewhere]) {
    await new Promise<void>((resolve) => each.bind(0, '127.0.0.1', resolve))
    each.on('error', () => {})
  }
  let present = behaviour
  let closed = false
  socket.on('message', (bytes, from) => {
    received.push(bytes)
    present(
      bytes,
      {
        send: (answer) => socket.send(answer, from.port, from.address),
        sendFromElsewhere: (answer) => elsewhere.send(answer, from.port, from.address),
      },
      from,
    )
  })
  return {
    port: socket.address().port,
    received,
    behave: (next) => {
      present = next
    },
    count: (datagrams) => until(() => received.length >= datagrams, `${datagrams} datagrams`),
    async close() {
      if (closed) return
      closed = true
      await Promise.all(
        [socket, elsewhere].map((each) => new Promise<void>((resolve) => each.close(() => resolve()))),
      )
    },
  }
}
