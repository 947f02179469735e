/**
 * An office with two links, running: its network, its PBX, sipvane on it, and the world that calls it. Needs root; see `namespacesRefused`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../root.ts'
import type { SipProcess } from '../sip-process.ts'
import { type RunningSipvane, startSipvane } from '../sipvane-process.ts'
import { officeConfig, ROUTE_PROGRAM } from './config.ts'
import type { EchoWay } from './echo-space.ts'
import { OfficeNetwork } from './network.ts'
import { startPhone, startPrimary, startResolver, startStunServer } from './peers.ts'
import { FIBRE, LINKS, WORLD } from './places.ts'
import type { Reported } from './report.ts'
import { nameIs, Timeline, trunkHas } from './timeline.ts'

const PATIENCE_MS = 20_000
const STOP_MS = 5_000

export interface OfficeOptions {
  /** Default true. */
  readonly askNames?: boolean
  /** Default 1. */
  readonly ttlS?: number
  /** Default 1. */
  readonly failbackS?: number
  /** How questions are bound to their link; default `address`, with a routing table for each. */
  readonly sourceBy?: 'address' | 'interface'
  /** Who answers for the name; default `links`: sipvane itself, over both of them. */
  readonly authority?: 'links' | 'primary'
  /** How sipvane sends its echo requests; default `socket`. */
  readonly echoBy?: EchoWay
  /** What the phone asks for, in seconds; absent: there is no phone. */
  readonly phoneExpiresS?: number
}

export interface Office {
  readonly network: OfficeNetwork
  readonly timeline: Timeline
  /** Ends sipvane in order and starts it anew; resolves when it answers. */
  restart(): Promise<void>
  readonly phone: SipProcess | undefined
  close(): Promise<void>
}

export async function openOffice(options: OfficeOptions = {}): Promise<Office> {
  const {
    askNames = true,
    ttlS = 1,
    failbackS = 1,
    authority = 'links',
    sourceBy = 'address',
    echoBy = 'socket',
    phoneExpiresS,
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'sipvane-office-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const network = await OfficeNetwork.open(echoBy)
    undo.push(() => network.close())
    const timeline = new Timeline()
    const office = { launcher: network.spaces.launcher('office') }
    const internet = { launcher: network.spaces.launcher('internet') }
    const keep = (peer: SipProcess) => undo.push(() => peer.stop())

    const routeProgram = join(folder, 'route')
    await writeFile(routeProgram, ROUTE_PROGRAM)
    await chmod(routeProgram, 0o755)
    const servers = authority === 'links' ? LINKS.map(({ publicAddress }) => publicAddress) : [WORLD.primary]
    if (authority === 'primary') keep(await startPrimary(internet))
    keep(await startResolver(internet, servers))
    keep(await startStunServer(internet))
    const pbx = await startScript(office.launcher, 'pbx-process', [], timeline)
    undo.push(() => pbx.stop())
    const stateDir = join(folder, 'state')
    const config = officeConfig({
      ...{ amiPort: pbx.amiPort, routeProgram, stateDir },
      ...{ askNames, ttlS, failbackS, authority, sourceBy },
    })
    const run = () => startSipvane(config, (line) => timeline.log(line), office.launcher)
    let sipvane: RunningSipvane | undefined = await run()
    const halt = async () => {
      await sipvane?.stop()
      sipvane = undefined
    }
    undo.push(halt)
    const restart = async () => {
      await halt()
      sipvane = await run()
    }
    const world = await startScript(internet.launcher, 'world-process', [authority], timeline)
    undo.push(() => world.stop())
    await timeline.first('the name', 0, PATIENCE_MS, nameIs('authority', FIBRE.publicAddress))
    await timeline.first('the name', 0, PATIENCE_MS, nameIs('resolver', FIBRE.publicAddress))
    pbx.order('start')
    await timeline.first('the trunk', 0, PATIENCE_MS, trunkHas(FIBRE.publicAddress))
    const phone = phoneExpiresS === undefined ? undefined : await startPhone(internet, phoneExpiresS)
    if (phone !== undefined) keep(phone)
    return { network, timeline, restart, phone, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Script {
  readonly amiPort: number
  order(word: string): void
  stop(): Promise<void>
}

/** One of the lab's own processes, as it was compiled; resolves when it is ready. */
async function startScript(
  launcher: readonly string[],
  name: string,
  args: readonly string[],
  timeline: Timeline,
): Promise<Script> {
  const script = join(projectRoot(), 'build', 'test', 'support', 'netns', `${name}.js`)
  const [program = '', ...rest] = [...launcher, process.execPath, script, ...args]
  const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const amiPort = await readyOf(child, name, timeline)
  return {
    amiPort,
    order: (word) => void child.send(word),
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function readyOf(child: ChildProcess, name: string, timeline: Timeline): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not start in time`)), PATIENCE_MS)
    child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${code ?? signal}`)))
    child.on('message', (message) => {
      const event = message as Reported
      timeline.report(event)
      if (event.kind !== 'ready') return
      clearTimeout(timer)
      resolve(event.amiPort ?? 0)
    })
  })
}
