/** Network namespaces for the lab of two links: made, used and removed whatever happens. Linux, root and `ip` needed. */
import { execFile, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { peerPath } from '../peers.ts'

const PREFIX = 'sipvane-lab'
const MOUNTED = '/run/netns'
/** Of this process: two labs may stand beside each other. */
let count = 0
const open = new Set<Namespaces>()

process.on('exit', () => {
  for (const one of open) one.removeNow()
})

/**
 * Why namespaces cannot be had here, in words; undefined: they can. Nothing is left behind. Where peers are required
 * (`SIPVANE_REQUIRE_PEERS=1`) and we are root, a refusal is an error, so that nothing is skipped unseen.
 */
export function namespacesRefused(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const why = refusal()
  if (why !== undefined && process.env.SIPVANE_REQUIRE_PEERS === '1')
    throw new Error(`network namespaces are required here: ${why}`)
  return why
}

function refusal(): string | undefined {
  for (const [command, debianPackage] of [
    ['ip', 'iproute2'],
    ['nft', 'nftables'],
    ['nsenter', 'util-linux'],
    ['setpriv', 'util-linux'],
  ] as const) {
    if (peerPath(command) === undefined) return `needs ${command} (Debian package ${debianPackage})`
  }
  const name = `${PREFIX}-${process.pid}-try`
  try {
    for (const args of [
      ['ip', 'netns', 'add', name],
      ['ip', '-n', name, 'link', 'add', 'name', 'one', 'type', 'veth', 'peer', 'name', 'two'],
      [...enter(name), 'nft', 'add', 'table', 'ip', 'nat'],
    ]) {
      const [command = '', ...rest] = args
      const { status, stderr } = spawnSync(command, rest, { encoding: 'utf8' })
      if (status !== 0) return `this kernel or container refuses it: ${args.join(' ')}: ${stderr.trim()}`
    }
    return undefined
  } finally {
    remove(name)
  }
}

/** The words that a command line begins with to run in a namespace, and to end when we do. */
function enter(name: string): string[] {
  return ['nsenter', `--net=${MOUNTED}/${name}`, '--', 'setpriv', '--pdeathsig', 'KILL', '--']
}

/** A set of namespaces with names of their own. Removed by `remove`, else when the process ends, else by whoever makes the next ones. */
export class Namespaces {
  readonly #stem = `${PREFIX}-${process.pid}-${++count}`
  readonly #names: readonly string[]

  /** `names`: short ones, like `office`. */
  static async create(names: readonly string[]): Promise<Namespaces> {
    reap()
    const made = new Namespaces(names)
    for (const name of names) {
      await run('ip', ['netns', 'add', made.path(name)])
      await made.links(name, ['link set lo up'])
    }
    return made
  }

  private constructor(names: readonly string[]) {
    this.#names = names
    open.add(this)
  }

  /** The namespace's whole name, as `ip` knows it. */
  path(name: string): string {
    return `${this.#stem}-${name}`
  }

  /** What stands in front of a command that is to run there. */
  launcher(name: string): string[] {
    return enter(this.path(name))
  }

  /** Lines of `ip -batch` in that namespace: `addr add …`, `route add …`. */
  async links(name: string, lines: readonly string[]): Promise<void> {
    await run('ip', ['-n', this.path(name), '-batch', '-'], `${lines.join('\n')}\n`)
  }

  /** Two ends of a cable, each in a namespace. */
  async cable(from: readonly [name: string, end: string], to: readonly [name: string, end: string]) {
    const [name, end] = from
    const peer = ['peer', 'name', to[1], 'netns', this.path(to[0])]
    await run('ip', ['-n', this.path(name), 'link', 'add', 'name', end, 'type', 'veth', ...peer])
    await this.links(name, [`link set ${end} up`])
    await this.links(to[0], [`link set ${to[1]} up`])
  }

  /** A ruleset of nftables in that namespace. */
  async filter(name: string, rules: string): Promise<void> {
    await this.#run(name, ['nft', '-f', '-'], rules)
  }

  /** `net.ipv4.…` of that namespace. */
  async sysctl(name: string, key: string, value: string): Promise<void> {
    await this.#run(name, ['sh', '-c', `echo ${value} > /proc/sys/net/ipv4/${key}`])
  }

  async #run(name: string, command: readonly string[], input?: string): Promise<void> {
    const [program = '', ...args] = [...this.launcher(name), ...command]
    await run(program, args, input)
  }

  async remove(): Promise<void> {
    this.removeNow()
  }

  /** Also in the last moment of a process. What still runs in them is ended. */
  removeNow(): void {
    open.delete(this)
    for (const name of this.#names) remove(this.path(name))
  }
}

async function run(program: string, args: readonly string[], input?: string): Promise<void> {
  const running = promisify(execFile)(program, args)
  running.child.stdin?.on('error', () => {})
  running.child.stdin?.end(input ?? '')
  try {
    await running
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? String(error)
    throw new Error(`${program} ${args.join(' ')}: ${said}\n${input ?? ''}`)
  }
}

/** Ends what runs there, then removes it; only names of ours come here. */
function remove(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of (stdout ?? '').split('\n').filter((text) => /^\d+$/.test(text))) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'del', name])
}

/** Namespaces of labs whose process was killed. */
function reap(): void {
  let names: string[] = []
  try {
    names = readdirSync(MOUNTED)
  } catch {
    // None was ever made here.
  }
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !lives(Number(pid))) remove(name)
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
