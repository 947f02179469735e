/** Splits at `separator` where it stands outside quoted strings and angle brackets. */
export function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"') && !text.includes('<')) return text.split(separator)
  const parts: string[] = []
  let quoted = false
  let angle = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '<') angle = true
    else if (char === '>') angle = false
    else if (char === separator && !angle) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** `name=value` pairs; names in lower case, the first of equals wins, a pair without `=` has the value ''. */
export function parameters(parts: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of parts) {
    const name = parameterName(part)
    if (name !== '' && !found.has(name)) found.set(name, parameterValue(part))
  }
  return found
}

/** One of them, without reading the others; what stands before the first separator is none. */
export function parameter(parts: readonly string[], name: string): string | undefined {
  for (let index = 1; index < parts.length; index++) {
    const part = parts[index] as string
    if (parameterName(part) === name) return parameterValue(part)
  }
  return undefined
}

function parameterName(part: string): string {
  const equals = part.indexOf('=')
  return (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
}

function parameterValue(part: string): string {
  const equals = part.indexOf('=')
  return equals < 0 ? '' : unquoted(part.slice(equals + 1).trim())
}

/** `31862 OPTIONS` (RFC 3261 section 20.16): a number below 2^31 and a method, whose case counts. */
export function parseCSeq(value: string | undefined): { number: number; method: string } | undefined {
  const parts = /^(\d{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)$/.exec(value ?? '')
  if (parts === null || Number(parts[1]) >= 2 ** 31) return undefined
  return { number: Number(parts[1]), method: parts[2] ?? '' }
}

/** No server's word takes a target out for longer; Kamailio's TM caps at the same hour. */
const RETRY_AFTER_CAP_MS = 3_600_000

/**
 * `120`, `120 (in a meeting)`, `18000;duration=3600` (RFC 3261 section 20.33), in milliseconds and capped;
 * undefined where missing or malformed.
 */
export function parseRetryAfterMs(value: string | undefined): number | undefined {
  const parts = /^(\d{1,10})[ \t]*(?:[(;].*)?$/.exec(value ?? '')
  return parts === null ? undefined : Math.min(Number(parts[1]) * 1000, RETRY_AFTER_CAP_MS)
}

/** An address as it stands in a URI or Via: IPv6 in brackets (RFC 3261 section 25.1), without a zone, which means nothing elsewhere. */
export function uriHost(address: string): string {
  const bare = address.replace(/%.*$/, '')
  return bare.includes(':') ? `[${bare}]` : bare
}

function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  return text.slice(1, -1).replace(/\\(.)/gs, '$1')
}
