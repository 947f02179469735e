import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { until } from './sip-real-time.ts'

/** A program under test, started without a shell and ended by its own handle. */
export interface SipProcess {
  /** What it wrote, the newest 20 000 characters. */
  output(): string
  stop(): Promise<void>
}

export function startProcess(program: string, args: readonly string[], cwd: string): SipProcess {
  const child: ChildProcess = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let ended = false
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(-20_000)
    })
  }
  child.on('error', (error) => {
    text += String(error)
    ended = true
  })
  child.on('close', () => {
    ended = true
  })
  return {
    output: () => text,
    async stop() {
      if (!ended) child.kill('SIGTERM')
      await until(() => ended, `${program} to end`, 3000).catch(() => child.kill('SIGKILL'))
      await until(() => ended, `${program} to be killed`, 3000)
    },
  }
}

/** A UDP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
