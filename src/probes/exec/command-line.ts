import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../../core/target.ts'

/** Where programs are looked for; ours may hold folders of whoever started us. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What may stand in braces in an argument. */
export const PLACEHOLDERS = ['address', 'target', 'pool', 'name', 'source', 'port'] as const
type Placeholder = (typeof PLACEHOLDERS)[number]

const IN_BRACES = /\{([A-Za-z]+)\}/g

/** The first word in braces that stands for nothing. */
export function unknownPlaceholder(argument: string): string | undefined {
  for (const [, word = ''] of argument.matchAll(IN_BRACES)) {
    if (!(PLACEHOLDERS as readonly string[]).includes(word)) return word
  }
  return undefined
}

/** An argument with its placeholders replaced; words in braces that are none stay as they are. */
export function fillIn(argument: string, target: Target, address: string): string {
  const facts = factsOf(target, address)
  // Once, from left to right: what is filled in is not looked at again.
  return argument.replace(IN_BRACES, (whole, word: string) => facts[word as Placeholder] ?? whole)
}

/** The whole environment of a plugin: nothing of ours, where secrets may be, is passed on. */
export function environment(
  target: Target,
  address: string,
  timeoutMs: number,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const { ports } = target
  const facts = factsOf(target, address)
  return {
    PATH,
    LC_ALL: 'C',
    ...extra,
    SIPVANE_TARGET: facts.target,
    SIPVANE_POOL: facts.pool,
    SIPVANE_NAME: facts.name,
    SIPVANE_ADDRESS: address,
    SIPVANE_SOURCE: facts.source,
    SIPVANE_PORT_UDP: String(ports.udp),
    SIPVANE_PORT_TCP: String(ports.tcp),
    SIPVANE_PORT_TLS: String(ports.tls),
    SIPVANE_PORT_WS: String(ports.ws),
    SIPVANE_PORT_WSS: String(ports.wss),
    SIPVANE_TIMEOUT_MS: String(Math.floor(timeoutMs)),
  }
}

function factsOf(target: Target, address: string): Record<Placeholder, string> {
  const { id, pool, name, source = '', ports } = target
  return { address, target: id, pool, name, source, port: String(ports.udp) }
}

/** The path of a program: itself where it is absolute, else the first of that name on `PATH`; undefined where none may be run. */
export async function findProgram(program: string): Promise<string | undefined> {
  const candidates = program.startsWith('/')
    ? [program]
    : PATH.split(':').map((folder) => join(folder, program))
  for (const path of candidates) {
    if (await mayRun(path)) return path
  }
  return undefined
}

async function mayRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    const { mode } = await stat(path)
    // To root, `access` grants what execve then refuses: a folder, or a file without any x.
    return (mode & constants.S_IFMT) === constants.S_IFREG && (mode & 0o111) !== 0
  } catch {
    return false
  }
}
