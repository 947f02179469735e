import { z } from 'zod'
import type { DomainName } from '../../../core/brand.ts'
import { duration, parseAddress } from '../../../core/schemas.ts'
import type { SocketAddress } from '../../../core/settings.ts'
import { canonicalName, NameError } from '../../../wire/dns/name.ts'
import { type TsigAlgorithm, TsigKeyError, tsigAlgorithm, tsigSecret } from '../../../wire/dns/tsig/key.ts'

export interface Rfc2136Options {
  readonly server: SocketAddress
  /** The secret stays text until it is used: settings are frozen, and octets cannot be. */
  readonly key: { readonly name: DomainName; readonly algorithm: TsigAlgorithm; readonly secret: string }
  /** Apex of the zone at the primary; absent: found for each zone of ours by asking for its SOA. */
  readonly zone?: DomainName | undefined
  readonly transport: 'auto' | 'tcp'
  readonly read: 'auto' | 'transfer' | 'queries'
  readonly timeout: number
}

const DNS_PORT = 53
const SERVER =
  'allowed: an address, or an address and a port, like 192.0.2.53, 192.0.2.53:53 or [2001:db8::53]:53'
const NAME = 'allowed: a domain name, like example.com or update-key'

/** An IP literal with or without a port. Names are not looked up: what updates DNS must not need it to start. */
function server(): z.ZodType<SocketAddress, string> {
  return z.string({ error: SERVER }).transform((text, context) => {
    const match = /^(?:\[([^\][]*)\]|([^\][:]*))(?::(\d{1,5}))?$/.exec(text)
    const parsed = parseAddress(match?.[1] ?? match?.[2] ?? text)
    const port = match?.[3] === undefined ? DNS_PORT : Number(match[3])
    if (parsed.ok && port >= 1 && port <= 65_535) return { address: parsed.address, port }
    context.addIssue({ code: 'custom', message: parsed.ok ? SERVER : `${SERVER} (${parsed.why})` })
    return z.NEVER
  })
}

/** `read` with what it throws as the message of an issue; `allowed` goes in front. */
function checked<T>(allowed: string, read: (text: string) => T): z.ZodType<T, string> {
  return z.string({ error: allowed }).transform((text, context) => {
    try {
      return read(text)
    } catch (error) {
      if (!(error instanceof TsigKeyError || error instanceof NameError)) throw error
      context.addIssue({ code: 'custom', message: `${allowed} (${error.message})` })
      return z.NEVER
    }
  })
}

const domain = () => checked(NAME, (text) => canonicalName(text))

const key = z.strictObject({
  name: domain().describe('The name of the key, as the primary has it'),
  algorithm: checked('allowed: hmac-sha256, hmac-sha384 or hmac-sha512', tsigAlgorithm)
    .default('hmac-sha256')
    .describe('hmac-sha256, hmac-sha384 or hmac-sha512. Default hmac-sha256.'),
  secret: checked('allowed: base64 of at least 16 octets', (text) => {
    tsigSecret(text)
    return text
  }).describe('As tsig-keygen prints it'),
})

export const rfc2136Options: z.ZodType<Rfc2136Options> = z.strictObject({
  server: server().describe('The primary itself, never a secondary'),
  key: key.describe('TSIG key (RFC 8945); questions and transfers are signed with it too'),
  zone: domain().optional().describe('Apex of the zone at the primary; default: found by asking for the SOA'),
  transport: z
    .enum(['auto', 'tcp'], { error: 'allowed: auto (UDP where it fits, else TCP) or tcp' })
    .default('auto')
    .describe('auto: UDP where it fits, else TCP. Default auto.'),
  read: z
    .enum(['auto', 'transfer', 'queries'], {
      error: 'allowed: auto (a transfer where it is allowed, else queries), transfer or queries',
    })
    .default('auto')
    .describe('auto: a zone transfer where it is allowed, else questions name by name. Default auto.'),
  timeout: duration({ minMs: 200, maxMs: 60_000 }).default(5_000).describe('For each answer of the primary'),
})
