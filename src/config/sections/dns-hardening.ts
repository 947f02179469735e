import { z } from 'zod'
import type { CookieSettings, DnsSettings, RateLimitSettings, TcpSettings } from '../../core/dns-settings.ts'
import { duration, wholeNumber } from '../../core/schemas.ts'
import { network } from './network.ts'

const TEXT_ALLOWED = 'allowed: 1 to 64 printable ASCII characters'

/** What a server tells of itself: short, so that a reply with it still fits wherever a reply without fits. */
function shortText(): z.ZodType<string, string> {
  return z.string({ error: TEXT_ALLOWED }).regex(/^[\x20-\x7e]{1,64}$/, { error: TEXT_ALLOWED })
}

const SECRET_ALLOWED = 'allowed: 32 hex digits (openssl rand -hex 16)'
const RATES_MAX = 1_000_000

function rate(otherwise: number) {
  return wholeNumber(0, RATES_MAX).default(otherwise)
}

const cookieShape = {
  enabled: z.boolean().default(true).describe('Answer DNS cookies (RFC 7873, RFC 9018). Default true.'),
  secrets: z
    .array(z.string({ error: SECRET_ALLOWED }).regex(/^[0-9a-fA-F]{32}$/, { error: SECRET_ALLOWED }), {
      error: 'allowed: a list of secrets of 32 hex digits',
    })
    .max(8)
    .default([])
    .describe(
      'Server secrets, shared by all servers of one address or zone: the first makes cookies, all are accepted. Default: one of this process alone.',
    ),
  require: z
    .boolean()
    .default(false)
    .describe('Answer a client that knows cookies over UDP only when it brings a good one. Default false.'),
}

const rateLimitShape = {
  answers: rate(20).describe('A second, of one name and type, to one network; 0: no limit. Default 20.'),
  referrals: rate(20).describe('A second, to one delegation. Default 20.'),
  denials: rate(10).describe('A second, NXDOMAIN and NODATA of one zone. Default 10.'),
  errors: rate(5).describe('A second, REFUSED, FORMERR and the like. Default 5.'),
  all: rate(0).describe('A second, of everything together. Default 0: no limit.'),
  window: duration({ minMs: 1_000, maxMs: 3_600_000 })
    .default(15_000)
    .describe('For how long a flood is remembered. Default 15s.'),
  slip: wholeNumber(0, 10)
    .default(2)
    .describe('Of the replies over the limit every how manieth is sent with TC; 0: none. Default 2.'),
  ipv4Prefix: wholeNumber(8, 32).default(24).describe('Bits that make one IPv4 network. Default 24.'),
  ipv6Prefix: wholeNumber(16, 128).default(56).describe('Bits that make one IPv6 network. Default 56.'),
  exempt: z
    .array(network(), { error: 'allowed: a list of networks, like [192.0.2.0/24, "2001:db8::/32"]' })
    .max(1_000)
    .default([])
    .describe('Networks that are never limited.'),
  tableSize: wholeNumber(1_024, 16_777_216)
    .default(65_536)
    .describe('Counters kept, 28 octets each; the table never grows. Default 65536.'),
}

const tcpShape = {
  idleTimeout: duration({ minMs: 1_000, maxMs: 600_000 })
    .default(10_000)
    .describe('A connection without a query for this long is closed. Default 10s.'),
  maxConnections: wholeNumber(1, 100_000).default(512).describe('Connections in all. Default 512.'),
  maxConnectionsPerClient: wholeNumber(1, 100_000)
    .default(64)
    .describe('Connections of one IPv4 address or IPv6 /64. Default 64.'),
}

/** Keys of `dns` that say how queries are answered, whatever the zones. */
export const dnsHardeningShape = {
  nsid: shortText().optional().describe('Told to who asks for NSID (RFC 5001). Absent: to nobody.'),
  version: shortText()
    .optional()
    .describe('Answer to version.bind and version.server of class CH. Absent: refused.'),
  identity: shortText()
    .optional()
    .describe('Answer to id.server and hostname.bind of class CH. Absent: refused.'),
  cookies: z.strictObject(cookieShape).optional().describe('DNS cookies.'),
  rateLimit: z
    .strictObject(rateLimitShape)
    .optional()
    .describe('Response rate limiting for UDP. Absent: none.'),
  tcp: z.strictObject(tcpShape).optional().describe('Limits of TCP connections.'),
}

type Hardening = Pick<DnsSettings, 'nsid' | 'version' | 'identity' | 'cookies' | 'rateLimit' | 'tcp'>
type Read = { readonly [Key in keyof typeof dnsHardeningShape]: z.output<(typeof dnsHardeningShape)[Key]> }

/** The settings of what was read; what is absent stays absent. */
export function dnsHardening({ nsid, version, identity, cookies, rateLimit, tcp }: Read): Hardening {
  return {
    ...(nsid === undefined ? {} : { nsid }),
    ...(version === undefined ? {} : { version }),
    ...(identity === undefined ? {} : { identity }),
    ...(cookies === undefined ? {} : { cookies: cookieSettings(cookies) }),
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimitSettings(rateLimit) }),
    ...(tcp === undefined ? {} : { tcp: tcpSettings(tcp) }),
  }
}

function cookieSettings({ enabled, secrets, require }: NonNullable<Read['cookies']>): CookieSettings {
  return { enabled, secrets: secrets.map((secret) => secret.toLowerCase()), required: require }
}

function rateLimitSettings(read: NonNullable<Read['rateLimit']>): RateLimitSettings {
  return {
    answersPerS: read.answers,
    referralsPerS: read.referrals,
    denialsPerS: read.denials,
    errorsPerS: read.errors,
    allPerS: read.all,
    windowS: read.window / 1_000,
    slip: read.slip,
    ipv4PrefixLength: read.ipv4Prefix,
    ipv6PrefixLength: read.ipv6Prefix,
    exempt: read.exempt,
    tableSize: read.tableSize,
  }
}

function tcpSettings(read: NonNullable<Read['tcp']>): TcpSettings {
  const { idleTimeout, maxConnections, maxConnectionsPerClient } = read
  return { idleTimeoutMs: idleTimeout, maxConnections, maxConnectionsPerClient }
}
