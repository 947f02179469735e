import { createHmac } from 'node:crypto'

/** The key of a secret: what `whsec_` introduces is base64, anything else is taken as it stands. */
export function keyOf(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]
  return encoded === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(encoded, 'base64')
}

/**
 * The headers of a signed delivery, as the Standard Webhooks specification (1.0) has them: HMAC-SHA256 over `id.timestamp.body`, so that
 * neither an old delivery nor one with another id can be passed off as this. `nowMs` is epoch milliseconds.
 */
export function signatureHeaders(
  secret: string,
  id: string,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const mac = createHmac('sha256', keyOf(secret))
    .update(`${id}.${timestamp}.${body}`, 'utf8')
    .digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
}
