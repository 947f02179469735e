import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { errnoOf } from '../../core/errors.ts'
import type { Clock, Timers } from '../../core/ports.ts'
import type { DiscoverySource } from '../../core/target.ts'
import { type HttpEnd, HttpExchange } from '../../probes/http/exchange.ts'
import { askStun, describe } from '../../probes/stun/client.ts'
import type { Said } from './agree.ts'
import { believable } from './believable.ts'

export interface Link {
  readonly family: 4 | 6
  /** What stands in the configuration: tells which ranges may be believed. Absent: the address of the source does. */
  readonly initial?: string
  /** Local address to leave by. */
  readonly source?: string
}

export interface AskDeps {
  readonly clock: Clock
  readonly timers: Timers
}

const TIMEOUT_MS = 3_000

/** As it is told of in the log. */
function sourceName(source: DiscoverySource): string {
  return source.kind === 'stun' ? `stun ${source.host} port ${source.port}` : `http ${source.host}`
}

/** Asks one source, through the link, as which address it sees us. Never rejects; takes 3 s at most, and as long for looking a name up. */
export async function askSource(source: DiscoverySource, link: Link, deps: AskDeps): Promise<Said> {
  const name = sourceName(source)
  const { family } = link
  const address = await addressOf(source.host, family, deps.timers)
  if (address === undefined) return { source: name, why: `no IPv${family} address of it is known` }
  const found =
    source.kind === 'stun' ? viaStun(source, address, link, deps) : viaHttp(source, address, link, deps)
  const { text, why } = await found
  if (text === undefined) return { source: name, why: why ?? 'no answer' }
  const believed = believable(text, link.initial ?? address)
  return believed.ok ? { source: name, address: believed.address } : { source: name, why: believed.why }
}

interface Told {
  readonly text?: string
  readonly why?: string
}

/** Names go by the system's resolver, over whatever link it uses; one that hangs is not waited for. */
async function addressOf(host: string, family: number, timers: Timers): Promise<string | undefined> {
  if (isIP(host) !== 0) return isIP(host) === family ? host : undefined
  let cancel = () => {}
  const late = new Promise<undefined>((resolve) => {
    cancel = timers.after(TIMEOUT_MS, () => resolve(undefined))
  })
  const found = lookup(host, { family }).then(
    (answer) => answer.address,
    () => undefined,
  )
  return Promise.race([found, late]).finally(cancel)
}

async function viaStun(
  { port }: DiscoverySource & { kind: 'stun' },
  address: string,
  { source }: Link,
  deps: AskDeps,
): Promise<Told> {
  const end = await askStun({ address, port, source }, { timeoutMs: TIMEOUT_MS }, { ...deps, randomBytes })
  if (end.kind === 'response' && end.response.kind === 'success') return { text: end.response.mapped.address }
  return { why: describe(end) }
}

async function viaHttp(
  { host, port, path, tls }: DiscoverySource & { kind: 'http' },
  address: string,
  { source }: Link,
  deps: AskDeps,
): Promise<Told> {
  const exchange = new HttpExchange({ keepAlive: false, tls }, deps)
  const literal = isIP(host) === 6 ? `[${host}]` : host
  const end = await exchange.ask(
    {
      method: 'GET',
      address,
      port,
      path,
      source,
      // Services tell a browser a whole page, and curl's like the address alone.
      headers: {
        host: port === (tls ? 443 : 80) ? literal : `${literal}:${port}`,
        accept: 'text/plain, application/json',
        'user-agent': 'sipvane (address discovery)',
      },
      ...(tls ? { tls: { verify: true, ...(isIP(host) === 0 ? { serverName: host } : {}) } } : {}),
    },
    { timeoutMs: TIMEOUT_MS },
  )
  exchange.close()
  return toldBy(end)
}

/** The address alone, or JSON with `ip`. */
function toldBy(end: HttpEnd): Told {
  if (end.kind === 'error') return { why: errnoOf(end.error) ?? 'the connection failed' }
  if (end.kind !== 'answer') return { why: 'no answer' }
  if (end.status !== 200) return { why: `status ${end.status}` }
  const text = Buffer.from(end.body.subarray(0, 4096)).toString('latin1').trim()
  if (!text.startsWith('{')) return { text }
  try {
    const { ip } = JSON.parse(text) as { ip?: unknown }
    return typeof ip === 'string' ? { text: ip } : { why: 'JSON without ip' }
  } catch {
    return { why: 'broken JSON' }
  }
}
