import type { Socket } from 'node:net'

/** Waits until the handle is gone: a prober that has answered leaves nothing open. */
export async function closeTcp(socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
