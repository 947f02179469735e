import { isIP } from 'node:net'
import { validate } from 'node-cron'
import { z } from 'zod'
import { address, parseAddress } from '../../core/schemas.ts'
import type { Discovery, DiscoverySource } from '../../core/target.ts'

const SERVER_ALLOWED =
  'allowed: a STUN server as host or host:port (IPv6 as [address]:port), or a list of them'
const URL_ALLOWED = 'allowed: an http:// or https:// URL without user and password, or a list of them'
const SOURCES_MAX = 8
const STUN_PORT = 3478
const NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/

const server = z.string({ error: SERVER_ALLOWED }).transform((text, context): DiscoverySource => {
  const bare = parseAddress(text)
  if (bare.ok) return { kind: 'stun', host: bare.address, port: STUN_PORT }
  const match = /^(?:\[([^\][]+)\]|([^\][:]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3] ?? STUN_PORT)
  const literal = parseAddress(host)
  const named = match?.[2] !== undefined && !/^[\d.]+$/.test(host) && NAME.test(host)
  if ((literal.ok || named) && port >= 1 && port <= 65_535)
    return { kind: 'stun', host: literal.ok ? literal.address : host, port }
  context.addIssue({ code: 'custom', message: SERVER_ALLOWED })
  return z.NEVER
})

const url = z.string({ error: URL_ALLOWED }).transform((text, context): DiscoverySource => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  const tls = parsed?.protocol === 'https:'
  if (
    parsed !== undefined &&
    (tls || parsed.protocol === 'http:') &&
    parsed.username === '' &&
    parsed.password === ''
  ) {
    const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
    const port = parsed.port === '' ? (tls ? 443 : 80) : Number(parsed.port)
    if (port > 0 && (isIP(host) === 0 || parseAddress(host).ok))
      return { kind: 'http', host, port, path: `${parsed.pathname}${parsed.search}`, tls }
  }
  context.addIssue({ code: 'custom', message: URL_ALLOWED })
  return z.NEVER
})

/** `address: { discover: … }` of a target. */
export const discoveredAddress = z
  .strictObject({
    discover: z
      .enum(['stun', 'http'], { error: 'allowed: stun (with server), http (with url)' })
      .describe('How the public address is found: by a STUN server or by an HTTP service that tells it.'),
    initial: address()
      .optional()
      .describe(
        'What stands until it is found; it tells the family, too. Default nothing: the target is left out until then.',
      ),
    server: z
      .union([server, z.array(server).min(1).max(SOURCES_MAX)], { error: SERVER_ALLOWED })
      .optional()
      .describe('STUN servers; required with discover: stun, a second opinion else.'),
    url: z
      .union([url, z.array(url).min(1).max(SOURCES_MAX)], { error: URL_ALLOWED })
      .optional()
      .describe('URLs that answer with the address, or with JSON that has ip; required with discover: http.'),
    check: z
      .string({ error: 'allowed: a cron expression' })
      .refine(validate, { error: 'allowed: a cron expression, five fields, or six with seconds' })
      .default('* * * * *')
      .describe('When to ask again: a cron expression. Default every minute.'),
  })
  .refine(
    ({ discover, server: servers, url: urls }) => (discover === 'stun' ? servers : urls) !== undefined,
    {
      error: 'allowed: discover: stun with server, discover: http with url',
    },
  )

export type DiscoveredAddress = z.output<typeof discoveredAddress>

/**
 * Those of the kind that `discover` names stand first. The family is that of the first literal among `initial`, the sources, and the
 * target's own `source`; IPv4 where all of them are names.
 */
export function discoveryOf(given: DiscoveredAddress, ownSource: string | undefined): Discovery {
  const { discover, initial, server: servers, url: urls, check } = given
  const stun = servers === undefined ? [] : [servers].flat()
  const http = urls === undefined ? [] : [urls].flat()
  const sources = discover === 'stun' ? [...stun, ...http] : [...http, ...stun]
  const literal = [initial, ...sources.map(({ host }) => host), ownSource].find(
    (text) => text !== undefined && isIP(text) !== 0,
  )
  return { family: isIP(literal ?? '') === 6 ? 6 : 4, sources, check }
}
