import type { Clock, Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { openTcp } from '../source/sockets.ts'
import { type Cut, withinBudget } from '../transport/budget.ts'
import type { DatagramEndpoint } from '../transport/datagram-question.ts'
import { type SocketFault, socketFault } from '../transport/errno-reasons.ts'
import { connectFault } from '../transport/routes.ts'
import { closeTcp } from '../transport/tcp-socket.ts'

export type StreamEnd =
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly rttMs: number }
  | { readonly kind: 'fault'; readonly fault: SocketFault }
  | Cut

/** One DNS message over a TCP connection of its own, with its length before it (RFC 1035 section 4.2.2). Never rejects. */
export async function askStream(
  { address, port, source }: DatagramEndpoint,
  bytes: Uint8Array,
  context: AskContext,
  deps: { readonly clock: Clock; readonly timers: Timers },
): Promise<StreamEnd> {
  if (context.signal?.aborted === true) return { kind: 'aborted' }
  const socket = openTcp(address, port, source)
  let connected = false
  let sentMs = 0
  type Said =
    | { kind: 'message'; bytes: Uint8Array; rttMs: number }
    | { kind: 'closed' }
    | { kind: 'error'; error: Error }
  const end = await withinBudget<Said>(context, deps.timers, (settle) => {
    let held = Buffer.alloc(0)
    socket.once('connect', () => {
      connected = true
      const length = Buffer.alloc(2)
      length.writeUInt16BE(bytes.length)
      sentMs = deps.clock.nowMs()
      // In one write: some servers take a length alone for a broken client (RFC 7766 section 8).
      socket.write(Buffer.concat([length, bytes]))
    })
    socket.on('data', (chunk: Buffer) => {
      // 64 KB at most can be announced; nothing behind it is kept.
      held = Buffer.concat([held, chunk]).subarray(0, 2 + 0xffff)
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return
      const message = held.subarray(2, 2 + held.readUInt16BE(0))
      settle({ kind: 'message', bytes: message, rttMs: deps.clock.nowMs() - sentMs })
    })
    socket.on('error', (error) => settle({ kind: 'error', error }))
    socket.on('end', () => settle({ kind: 'closed' }))
    socket.on('close', () => settle({ kind: 'closed' }))
  })
  await closeTcp(socket)
  switch (end.kind) {
    case 'error': {
      const fault = connected
        ? socketFault(end.error, 'remote')
        : await connectFault(end.error, address, source)
      return { kind: 'fault', fault }
    }
    case 'closed':
      return {
        kind: 'fault',
        fault: { reason: 'closed', detail: 'the far end closed before it had answered' },
      }
    default:
      return end
  }
}
