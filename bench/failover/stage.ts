import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../../test/support/root.ts'
import type { Fault, Transport } from './faults.ts'

const SCRIPT = join(projectRoot(), 'build', 'bench', 'support', 'lab-process.js')

/** A primary and a standby on addresses of their own; the primary can fail in any way, and be well again. */
export class Stage {
  readonly transport: Transport
  readonly primaryAddress: string
  readonly standbyAddress: string
  readonly port = 25062
  #primary: ChildProcess | undefined
  #standby: ChildProcess | undefined

  /** `index` keeps stages apart that stand at the same time. */
  constructor(transport: Transport, index: number) {
    this.transport = transport
    this.primaryAddress = `127.21.${index}.1`
    this.standbyAddress = `127.21.${index}.2`
  }

  async open(): Promise<void> {
    this.#primary = await this.#start(this.primaryAddress)
    this.#standby = await this.#start(this.standbyAddress)
  }

  fail(how: Fault['how']): void {
    if (how === 'kill') this.#primary?.kill('SIGKILL')
    else if (how === 'stop') this.#primary?.kill('SIGSTOP')
    else this.#primary?.send(how)
  }

  async heal(how: Fault['how']): Promise<void> {
    if (how === 'kill') {
      await end(this.#primary)
      this.#primary = await this.#start(this.primaryAddress)
    } else if (how === 'stop') this.#primary?.kill('SIGCONT')
    else this.#primary?.send('heal')
  }

  async close(): Promise<void> {
    await Promise.all([end(this.#primary), end(this.#standby)])
  }

  async #start(address: string): Promise<ChildProcess> {
    const child = fork(SCRIPT, [this.transport, address, String(this.port)])
    const [word] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (word !== 'bound') throw new Error(`no server on ${address}`)
    return child
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
