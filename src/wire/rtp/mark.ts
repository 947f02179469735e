/**
 * A mark inside the audio tells which of our packets an echo is of. Servers that send audio back make new RTP headers (Asterisk's Echo,
 * FreeSWITCH's echo) and may cut the packets anew, or decode the audio and code it again. The octets of G.711 survive that, but for the
 * two zeros of PCMU, which are one sample; so a mark has only octets from 0x80 to 0xbf, six bits in each.
 */
const SECRET_OCTETS = 6
const INDEX_OCTETS = 4
const MARK_OCTETS = SECRET_OCTETS + INDEX_OCTETS
/** No sensible packet holds more of ours. */
const MAX_MARKS = 16

const safe = (bits: number) => 0x80 | (bits & 0x3f)

/** What makes the marks of one call unlike those of any other: 36 of these unpredictable bits. `random` has 6 octets. */
export function markSecret(random: Uint8Array): Uint8Array {
  if (random.length !== SECRET_OCTETS) throw new RangeError('the secret of a mark is made of 6 octets')
  return random.map(safe)
}

/** `octets` of silence that begin with the secret and the packet's index, below 2^24. */
export function markedPayload(
  secret: Uint8Array,
  index: number,
  octets: number,
  silence: number,
): Uint8Array {
  const payload = new Uint8Array(octets).fill(silence)
  payload.set(secret)
  for (let at = 0; at < INDEX_OCTETS; at++) payload[secret.length + at] = safe(index >> (18 - 6 * at))
  return payload
}

/** Indexes of the marks found in a payload, wherever they begin, at most 16. */
export function marksIn(secret: Uint8Array, payload: Uint8Array): number[] {
  const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const found: number[] = []
  let at = buffer.indexOf(secret)
  while (at >= 0 && at + MARK_OCTETS <= buffer.length && found.length < MAX_MARKS) {
    const digits = buffer.subarray(at + SECRET_OCTETS, at + MARK_OCTETS)
    found.push(digits.reduce((index, digit) => index * 64 + (digit & 0x3f), 0))
    at = buffer.indexOf(secret, at + MARK_OCTETS)
  }
  return found
}
