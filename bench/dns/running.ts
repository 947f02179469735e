import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryOf } from '../../test/support/dns-query.ts'
import { peerPath } from '../../test/support/peers.ts'
import { portFreeForBoth } from '../../test/support/update-server.ts'
import { type TreeCost, treeCost } from './cost.ts'
import type { Server } from './servers.ts'
import { zoneName } from './zones.ts'

const PATIENCE_MS = 120_000
/** Of what a server said before it ended, in characters. */
const SAID_MAX = 2_000

export interface Running {
  readonly server: Server
  readonly port: number
  /** From the start of the process to the first right answer of the last zone. */
  readonly startMs: number
  cost(): TreeCost
  stop(): Promise<void>
}

/** Starts a server on `zones` zones in a folder of its own, and waits until it answers. */
export async function start(server: Server, zones: number): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'sipvane-bench-'))
  const port = await portFreeForBoth()
  const prepared = server.prepare(folder, port, zones)
  const [program, ...args] =
    server.command === undefined ? prepared : [peerPath(server.command) ?? server.command, ...prepared]
  const began = performance.now()
  // Into a file: a pipe would have to be read while others are measured.
  const said = join(folder, 'said')
  const output = openSync(said, 'w')
  const child = spawn(program ?? '', args, { cwd: folder, stdio: ['ignore', output, output] })
  closeSync(output)
  const stop = async () => {
    await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await answering(child, port, zoneName(zones - 1))
  } catch (error) {
    await ended(child)
    const last = readFileSync(said, 'utf8').slice(-SAID_MAX)
    await stop()
    throw new Error(`${server.name}: ${String(error)}\n${last}`)
  }
  const startMs = performance.now() - began
  return { server, port, startMs, cost: () => treeCost(child.pid ?? 0), stop }
}

async function answering(child: ChildProcess, port: number, zone: string): Promise<void> {
  const query = queryOf(`sip1.${zone}`, 'A')
  const socket = createSocket('udp4')
  let answered = false
  socket.on('message', (reply) => {
    answered ||= ((reply[3] ?? 0) & 15) === 0 && reply[7] === 1
  })
  try {
    for (const end = performance.now() + PATIENCE_MS; !answered; await sleep(5)) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      if (performance.now() > end) throw new Error('it did not answer in time')
      socket.send(query, port, '127.0.0.1')
    }
  } finally {
    socket.close()
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(late)
}
