import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface StageServer {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly process: ChildProcess
}

const SCRIPT = new URL('./sip-server-process.js', import.meta.url).pathname

/** Linux has all of 127.0.0.0/8 on loopback; elsewhere only 127.0.0.1, and the servers then differ by port alone. */
export async function loopbackAddresses(count: number): Promise<string[]> {
  const wanted = Array.from({ length: count }, (_, index) => `127.0.0.${11 + index}`)
  for (const address of wanted) {
    const socket = createSocket('udp4')
    const bound = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false))
      socket.bind(0, address, () => resolve(true))
    })
    socket.close()
    if (!bound) return wanted.map(() => '127.0.0.1')
  }
  return wanted
}

export async function startServer(name: string, address: string, port = 0): Promise<StageServer> {
  const child = spawn(process.execPath, [SCRIPT, address, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  return { name, address, port: Number(/bound (\d+)/.exec(first.toString())?.[1]), process: child }
}

/** As a crash or a power cut does: no goodbye. */
export async function killServer(server: StageServer): Promise<void> {
  if (server.process.exitCode !== null || server.process.signalCode !== null) return
  const ended = once(server.process, 'exit')
  server.process.kill('SIGKILL')
  await ended
}
