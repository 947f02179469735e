/**
 * A mark inside the audio tells which of our packets an echo is of. Servers that send audio back make new RTP headers
 * (Asterisk's Echo, FreeSWITCH's echo) and may cut the packets anew; the octets of G.711 stay as they were unless transcoded.
 */
const SECRET_BYTES = 4
const INDEX_BYTES = 4
export const MARK_BYTES = SECRET_BYTES + INDEX_BYTES
/** No sensible packet holds more of ours. */
const MAX_MARKS = 16

/** `octets` of silence that begin with `secret` (4 octets, unguessable) and the packet's index. */
export function markedPayload(
  secret: Uint8Array,
  index: number,
  octets: number,
  silence: number,
): Uint8Array {
  if (secret.length !== SECRET_BYTES) throw new RangeError('a mark has 4 secret octets')
  const payload = new Uint8Array(octets).fill(silence)
  payload.set(secret)
  new DataView(payload.buffer).setUint32(SECRET_BYTES, index)
  return payload
}

/** Indexes of the marks found in a payload, wherever they begin, at most 16. */
export function marksIn(secret: Uint8Array, payload: Uint8Array): number[] {
  const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const found: number[] = []
  let at = buffer.indexOf(secret)
  while (at >= 0 && at + MARK_BYTES <= buffer.length && found.length < MAX_MARKS) {
    found.push(buffer.readUInt32BE(at + SECRET_BYTES))
    at = buffer.indexOf(secret, at + MARK_BYTES)
  }
  return found
}
