import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/**
 * zod pieces for the keys that several kinds of settings have. Their messages start with `allowed: `: the config
 * layer puts what was seen in front, so a piece never repeats its input (it may be a secret).
 */

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(\d{1,15})(?:\.(\d{1,6}))?(ms|s|m|h|d)$/
/** The same for editors; the reader's own check stays the judge. */
const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$'

/** `500ms`, `2s`, `1.5m`, `1h`, `1d` in whole milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text)
  if (match === null) return undefined
  const unit = UNIT_MS[match[3] as keyof typeof UNIT_MS]
  const fraction = match[2] ?? ''
  // Whole numbers throughout: 1.1 * 1000 is not 1100 in floating point.
  const scale = 10 ** fraction.length
  const scaled = (Number(match[1]) * scale + Number(fraction || 0)) * unit
  return Number.isSafeInteger(scaled) && scaled % scale === 0 ? scaled / scale : undefined
}

/** In the largest unit that divides it: 90000 is `90s`, 120000 is `2m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms % UNIT_MS[name] === 0) ?? 'ms'
  return `${ms / UNIT_MS[unit]}${unit}`
}

/** A duration with its unit, in milliseconds, from `minMs` (default 0) to `maxMs` (default 366 days). */
export function duration(range: { minMs?: number; maxMs?: number } = {}): z.ZodType<number, string> {
  const { minMs = 0, maxMs = 366 * UNIT_MS.d } = range
  const span = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`
  const allowed = `allowed: a duration ${span} with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m`
  // A bare number is the commonest slip; guessing its unit would be a slip of ours.
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === 'number' ? `${allowed}; a number alone has no unit` : allowed
  return z
    .string({ error })
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms
      context.addIssue({ code: 'custom', message: allowed })
      return z.NEVER
    })
    .meta({ pattern: DURATION_PATTERN })
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): z.ZodType<number, number> {
  const error = `allowed: a whole number from ${min} to ${max}`
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error })
}

/** A port that can be sent to. */
export function port(): z.ZodType<number, number> {
  return wholeNumber(1, 65535)
}

export type ParsedAddress =
  | { readonly ok: true; readonly address: string; readonly family: 4 | 6 }
  | { readonly ok: false; readonly why: string }

/**
 * An IPv4 or IPv6 literal of one host, in canonical form (RFC 5952 section 4). `unspecified: true` lets `0.0.0.0`
 * and `::` through, for places to listen on.
 */
export function parseAddress(text: string, options: { unspecified?: boolean } = {}): ParsedAddress {
  const refuse = (why: string): ParsedAddress => ({ ok: false, why })
  // node:net first: ipaddr.js alone would take 127.1 and 010.0.0.1 as inet_aton does.
  const family = isIP(text)
  if (family === 0) return refuse('not an IPv4 or IPv6 literal')
  if (text.includes('%')) return refuse('an address with a zone index means something on one machine only')
  const parsed = ipaddr.parse(text)
  const range = parsed.range()
  // ipaddr.js calls all of 0.0.0.0/8 unspecified; none of it is a host (RFC 1122 section 3.2.1.3).
  if (range === 'unspecified') {
    const wildcard = /^[0.:]+$/.test(text)
    if (options.unspecified !== true || !wildcard) return refuse('the unspecified address is no host')
  }
  if (range === 'multicast') return refuse('a multicast address is no single host')
  if (range === 'broadcast') return refuse('the broadcast address is no single host')
  // RFC 4291 section 2.5.5.2: names an IPv4 node; published as AAAA it leads nowhere.
  if (range === 'ipv4Mapped') return refuse('an IPv4-mapped address: write the IPv4 address itself')
  if (parsed instanceof ipaddr.IPv6) return { ok: true, address: parsed.toRFC5952String(), family: 6 }
  return { ok: true, address: parsed.toString(), family: 4 }
}

/** As Linux names an interface: 15 octets at most, none of them a blank, `/` or `:`. Without a letter it is a mistyped address. */
const INTERFACE = /^(?=.*[A-Za-z])[A-Za-z0-9_.-]{1,15}$/

/** What questions leave by: an address of this host, canonical, or the name of one of its interfaces. */
export function source(): z.ZodType<string, string> {
  const error = 'allowed: a local IPv4 or IPv6 address, or the name of an interface, like wan0'
  return z.string({ error }).transform((text, context) => {
    const parsed = parseAddress(text)
    if (parsed.ok) return parsed.address
    if (isIP(text) === 0 && INTERFACE.test(text)) return text
    const why = isIP(text) === 0 ? 'no name of an interface is like that' : parsed.why
    context.addIssue({ code: 'custom', message: `${error} (${why})` })
    return z.NEVER
  })
}

/** An address of one host, canonical. */
export function address(): z.ZodType<string, string> {
  const error = 'allowed: one IPv4 or IPv6 address, like 192.0.2.1 or 2001:db8::1'
  return z.string({ error }).transform((text, context) => {
    const parsed = parseAddress(text)
    if (parsed.ok) return parsed.address
    context.addIssue({ code: 'custom', message: `${error} (${whyNoAddress(text) ?? parsed.why})` })
    return z.NEVER
  })
}

/** What somebody meant who wrote something else where one address has to be. */
function whyNoAddress(text: string): string | undefined {
  if (/^(?:[\d.]+|\[[\da-fA-F:.]+\]):\d+$/.test(text)) return 'without a port: that has a key of its own'
  if (/^[\da-fA-F:.]+\/\d+$/.test(text)) return 'a network: give the address of one host'
  if (/^\[.*\]$/.test(text)) return 'no brackets here'
  if (/^(?:[\d]+\.){3}[\d]+$/.test(text))
    return isIP(text.replace(/\b0+(?=\d)/g, '')) === 0 ? 'a part above 255' : 'a part with a leading zero'
  return /[g-z_-]/i.test(text) ? 'a name is not looked up: give the address' : undefined
}
