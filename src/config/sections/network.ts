import { z } from 'zod'
import { parseAddress } from '../../core/schemas.ts'

/** `address/bits`, or an address alone for itself; canonical. */
export function network(): z.ZodType<string, string> {
  const error = 'allowed: a network, like 192.0.2.0/24 or 2001:db8::/32'
  return z.string({ error }).transform((text, context) => {
    const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text)
    const parsed = parseAddress(match?.[1] ?? '', { unspecified: true })
    const most = parsed.ok && parsed.family === 4 ? 32 : 128
    const bits = Number(match?.[2] ?? most)
    if (parsed.ok && bits <= most) return `${parsed.address}/${bits}`
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}
