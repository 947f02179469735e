import { z } from 'zod'
import { parseAddress } from '../../core/schemas.ts'
import type { SocketAddress } from '../../core/settings.ts'

const ALLOWED = 'allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53'

/** `address:port` to listen on: an IP literal (an IPv6 one in brackets, RFC 3986 section 3.2.2); port 0 lets the system choose. */
export function listenAddress(): z.ZodType<SocketAddress, string> {
  return z.string({ error: ALLOWED }).transform((text, context) => {
    const parsed = parseListen(text)
    if (typeof parsed !== 'string') return parsed
    context.addIssue({ code: 'custom', message: `${ALLOWED} (${parsed})` })
    return z.NEVER
  })
}

/** The address, or why there is none. */
function parseListen(text: string): SocketAddress | string {
  const match = /^(?:\[([^\][]*)\]|([^\][:]*)):(\d{1,5})$/.exec(text)
  if (match === null) {
    if (/^[^\][]*:[^\][]*:/.test(text)) return 'an IPv6 address goes in brackets'
    return text.includes(':') ? 'not of that form' : 'no port'
  }
  const [, inBrackets, plain, digits] = match
  const parsed = parseAddress(inBrackets ?? plain ?? '', { unspecified: true })
  // Names are not looked up: a server that answers DNS must not need DNS to start.
  if (!parsed.ok) return parsed.why
  if ((parsed.family === 6) !== (inBrackets !== undefined))
    return 'brackets are for IPv6 addresses, and only for them'
  const port = Number(digits)
  return port <= 65_535 ? { address: parsed.address, port } : 'the port is over 65535'
}
