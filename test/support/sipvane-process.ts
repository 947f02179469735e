import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectRoot } from './root.ts'

const START_MS = 20_000
/** For profiling: `SIPVANE_NODE_FLAGS='--cpu-prof --cpu-prof-dir=/tmp/prof' npm run bench:targets`. */
const NODE_FLAGS = (process.env.SIPVANE_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '')

/** The command of this checkout. */
export function commandPath(): string {
  return join(projectRoot(), 'bin', 'sipvane.js')
}

export interface LogLine {
  readonly event: string
  readonly time: string
  readonly msg: string
  readonly [key: string]: unknown
}

export interface RunningSipvane {
  readonly pid: number
  readonly dnsPort: number
  readonly adminPort: number
  readonly log: readonly LogLine[]
  /** The configuration's file: to be rewritten before a SIGHUP. */
  readonly configFile: string
  signal(name: NodeJS.Signals): void
  /** Resolves with the first line of this event, past or future. */
  logged(event: string): Promise<LogLine>
  status(): Promise<Record<string, unknown>>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number>
}

/**
 * The real command in a process of its own, on the configuration given; `dns` and `admin` should listen on port 0 of loopback. `launcher`:
 * words in front of it, that run it elsewhere; it must be the same process in the end. `flags`: of `sipvane run`.
 */
export async function startSipvane(
  config: string,
  onLine: (line: LogLine) => void = () => {},
  launcher: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<RunningSipvane> {
  const dir = await mkdtemp(join(tmpdir(), 'sipvane-run-'))
  const file = join(dir, 'sipvane.yaml')
  await writeFile(file, config)
  const command = [
    ...[...launcher, process.execPath],
    ...[...NODE_FLAGS, commandPath(), 'run', '-c', file, '--log-format', 'json', ...flags],
  ]
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const log: LogLine[] = []
  const waiting = new Set<(line: LogLine) => void>()
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  const ports = await portsOf(child, (line) => {
    log.push(line)
    onLine(line)
    for (const take of waiting) take(line)
  })
  return {
    ...ports,
    pid: child.pid ?? 0,
    log,
    configFile: file,
    signal: (name) => child.kill(name),
    logged(event) {
      const past = log.find((line) => line.event === event)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve) => {
        const take = (line: LogLine) => {
          if (line.event !== event) return
          waiting.delete(take)
          resolve(line)
        }
        waiting.add(take)
      })
    },
    async status() {
      const response = await fetch(`http://127.0.0.1:${ports.adminPort}/v1/status`)
      return (await response.json()) as Record<string, unknown>
    },
    async stop() {
      child.kill('SIGTERM')
      const code = await ended
      await rm(dir, { recursive: true, force: true })
      return code
    },
  }
}

function portsOf(
  child: ChildProcess,
  onLine: (line: LogLine) => void,
): Promise<{ dnsPort: number; adminPort: number }> {
  return new Promise((resolve, reject) => {
    let dnsPort = 0
    const timer = setTimeout(() => reject(new Error('sipvane did not start in time')), START_MS)
    child.once('exit', (code) => reject(new Error(`sipvane ended with ${code} at its start`)))
    if (child.stdout === null) throw new Error('no output to read')
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine
      onLine(line)
      if (line.event === 'app.started') {
        const dns = line.dns as { port: number }[] | undefined
        dnsPort = dns?.[0]?.port ?? 0
      }
      if (line.event === 'admin.listening') {
        clearTimeout(timer)
        resolve({ dnsPort, adminPort: Number(line.port) })
      }
    })
  })
}
