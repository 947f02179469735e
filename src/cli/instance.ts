import type { Command } from 'commander'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'
import { type CliIo, complain } from './io.ts'
import { settingsOrFaults } from './settings.ts'

const DEFAULT_URL = 'http://127.0.0.1:8053'
const TIMEOUT_MS = 5000

export interface InstanceOptions {
  readonly config?: string
  readonly url?: string
  readonly token?: string
  readonly json?: boolean
}

export interface Instance {
  readonly url: string
  readonly token?: string
}

/** The options of every command that talks to a running instance. */
export function withInstance(command: Command): Command {
  return command
    .option('-c, --config <file>', 'find the instance by the `admin` of this configuration')
    .option('--url <url>', `or by its admin URL (default: ${DEFAULT_URL})`)
    .option('--token <token>', 'admin token; default: SIPVANE_TOKEN, or what the configuration has')
    .option('--json', 'machine-readable output')
}

/** Undefined after it was said what is missing: the command then ends with exit code 2. */
export async function findInstance(io: CliIo, options: InstanceOptions): Promise<Instance | undefined> {
  const given = options.token ?? io.env.SIPVANE_TOKEN
  if (options.url !== undefined || options.config === undefined) {
    const url = options.url ?? DEFAULT_URL
    return given === undefined ? { url } : { url, token: given }
  }
  const settings = await settingsOrFaults(io, options.config, options.json)
  if (settings === undefined) return undefined
  if (settings.admin === undefined) {
    complain(io, `${options.config}: there is no \`admin\`, so a running instance cannot be asked`)
    return undefined
  }
  const token = given ?? settings.admin.token
  return { url: urlOf(settings.admin.listen), ...(token === undefined ? {} : { token }) }
}

/** Rejects with a `SipvaneError` where nobody answers, the token is wrong, or the answer is a refusal. */
export async function callInstance(
  { url, token }: Instance,
  method: 'GET' | 'PUT' | 'DELETE' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    const why = errnoOf(error instanceof Error ? error.cause : undefined) ?? messageOf(error)
    throw new SipvaneError('instance-unreachable', `no instance answers at ${url}: ${why}`, {
      retryable: true,
      cause: error,
    })
  }
  if (response.status === 401)
    throw new SipvaneError('unauthorized', `${url} asks for a token (--token or SIPVANE_TOKEN)`)
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  throw new SipvaneError('instance-refused', `${url} answered ${response.status}: ${messageIn(answer)}`)
}

function urlOf({ address, port }: { readonly address: string; readonly port: number }): string {
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

function messageIn(answer: unknown): string {
  const { error } = (answer ?? {}) as { error?: { message?: unknown } }
  return typeof error?.message === 'string' ? error.message : 'no reason given'
}
