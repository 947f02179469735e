import { connect, type Socket } from 'node:net'
import { familyOf } from './errno-reasons.ts'

/** Begins a connection to an address literal; no name is ever looked up. */
export function openTcp(address: string, port: number, source: string | undefined): Socket {
  return connect({
    host: address,
    port,
    family: familyOf(address),
    ...(source === undefined ? {} : { localAddress: source }),
  })
}

/** Waits until the handle is gone: a prober that has answered leaves nothing open. */
export async function closeTcp(socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
