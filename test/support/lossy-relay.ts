import { createSocket, type Socket } from 'node:dgram'
import { realTime } from './sip-real-time.ts'
import { seededRandom } from './virtual-time.ts'

export interface LossyRelayOptions {
  readonly to: { readonly address: string; readonly port: number }
  /** Share of datagrams dropped, each way, 0 to 1. */
  readonly loss: number
  /** From some time after the start on, this share instead. */
  readonly lossLater?: { readonly afterMs: number; readonly loss: number }
  /** One way, in milliseconds. */
  readonly delayMs?: number
  /** Up to this much is added to each delay, in milliseconds; packets overtake each other. */
  readonly jitterMs?: number
  readonly seed: number
}

export interface LossyRelay {
  readonly address: string
  readonly port: number
  passed: number
  dropped: number
  close(): Promise<void>
}

/** A UDP relay on 127.0.0.1 that loses and delays: puts a bad line before any server. The same seed draws the same numbers. */
export async function createLossyRelay(options: LossyRelayOptions): Promise<LossyRelay> {
  const random = seededRandom(options.seed)
  const startMs = performance.now()
  const lossNow = () => {
    const { loss, lossLater } = options
    return lossLater !== undefined && performance.now() - startMs >= lossLater.afterMs ? lossLater.loss : loss
  }
  const front = await open()
  /** One socket towards the server for each client, so that answers find their way back. */
  const backs = new Map<number, Promise<Socket>>()
  const cancels = new Set<() => void>()
  const relay: LossyRelay = {
    address: '127.0.0.1',
    port: front.address().port,
    passed: 0,
    dropped: 0,
    async close() {
      for (const cancel of cancels) cancel()
      const sockets = [front, ...(await Promise.all(backs.values()))]
      await Promise.all(
        sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      )
    },
  }
  const pass = (send: () => void) => {
    if (random.next() < lossNow()) {
      relay.dropped++
      return
    }
    relay.passed++
    const cancel = realTime.after((options.delayMs ?? 0) + random.next() * (options.jitterMs ?? 0), () => {
      cancels.delete(cancel)
      send()
    })
    cancels.add(cancel)
  }
  const backFor = (clientPort: number): Promise<Socket> => {
    const known = backs.get(clientPort)
    if (known !== undefined) return known
    const made = open().then((back) => {
      back.on('message', (bytes) => pass(() => front.send(bytes, clientPort, '127.0.0.1')))
      return back
    })
    backs.set(clientPort, made)
    return made
  }
  front.on('message', async (bytes, from) => {
    const back = await backFor(from.port)
    pass(() => back.send(bytes, options.to.port, options.to.address))
  })
  return relay
}

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
