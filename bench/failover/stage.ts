import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

const SCRIPT = new URL('../support/lab-process.js', import.meta.url).pathname

export type Transport = 'udp' | 'tcp' | 'tls'

/** A primary and a standby on addresses of their own; the primary can fail in any way and comes back new. */
export class Stage {
  readonly transport: Transport
  readonly primaryAddress: string
  readonly standbyAddress: string
  readonly port: number
  #primary: ChildProcess | undefined
  #standby: ChildProcess | undefined

  /** `index` keeps stages apart that run at the same time. */
  constructor(transport: Transport, index: number) {
    this.transport = transport
    this.primaryAddress = `127.21.${index}.1`
    this.standbyAddress = `127.21.${index}.2`
    this.port = 25062
  }

  async open(): Promise<void> {
    this.#primary = await this.#start(this.primaryAddress)
    this.#standby = await this.#start(this.standbyAddress)
  }

  /** The primary's process is killed, stopped, or told to behave otherwise. */
  fail(how: Fault['how']): void {
    if (how === 'kill') this.#primary?.kill('SIGKILL')
    else if (how === 'stop') this.#primary?.kill('SIGSTOP')
    else this.#primary?.send(how)
  }

  async restore(): Promise<void> {
    await end(this.#primary)
    this.#primary = await this.#start(this.primaryAddress)
  }

  async close(): Promise<void> {
    await Promise.all([end(this.#primary), end(this.#standby)])
  }

  async #start(address: string): Promise<ChildProcess> {
    const child = fork(SCRIPT, [this.transport, address, String(this.port)])
    await once(child, 'message')
    return child
  }
}

export interface Fault {
  readonly name: string
  readonly transport: Transport
  readonly how: 'kill' | 'stop' | '503' | 'hang' | 'reset'
  /** What the project asks for, median in seconds. */
  readonly goalS?: number
}

export const FAULTS: readonly Fault[] = [
  { name: 'process killed', transport: 'udp', how: 'kill', goalS: 1.1 },
  { name: 'process killed', transport: 'tcp', how: 'kill' },
  { name: 'process killed', transport: 'tls', how: 'kill' },
  { name: 'host silent', transport: 'udp', how: 'stop', goalS: 2.2 },
  { name: 'process stopped, port open', transport: 'tcp', how: 'stop' },
  { name: 'process stopped, port open', transport: 'tls', how: 'stop' },
  { name: 'accepts, never answers', transport: 'tcp', how: 'hang' },
  { name: 'accepts, never answers', transport: 'tls', how: 'hang' },
  { name: 'resets connections', transport: 'tcp', how: 'reset' },
  { name: 'answers 503', transport: 'udp', how: '503', goalS: 1.6 },
  { name: 'answers 503', transport: 'tcp', how: '503' },
  { name: 'answers 503', transport: 'tls', how: '503' },
]

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
