/** An RTP packet (RFC 3550 section 5.1) without extensions or contributing sources of ours. */
export interface RtpPacket {
  /** 0 to 127. */
  readonly payloadType: number
  readonly marker: boolean
  /** 16 bit. */
  readonly sequence: number
  /** 32 bit, in sampling ticks. */
  readonly timestamp: number
  /** 32 bit. */
  readonly ssrc: number
  readonly payload: Uint8Array
}

const HEADER_BYTES = 12

export function encodeRtp(packet: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + packet.payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 2 << 6)
  view.setUint8(1, (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f))
  view.setUint16(2, packet.sequence & 0xffff)
  view.setUint32(4, packet.timestamp >>> 0)
  view.setUint32(8, packet.ssrc >>> 0)
  bytes.set(packet.payload, HEADER_BYTES)
  return bytes
}

/** undefined where the bytes are no RTP: wrong version, too short for what they announce, or RTCP on the same port. Never throws. */
export function decodeRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = view.getUint8(0)
  if (first >> 6 !== 2) return undefined
  const second = view.getUint8(1)
  // RFC 5761 section 4: types 64 to 95 are left free, since RTCP's 192 to 223 look like them.
  if (second >= 192 && second <= 223) return undefined
  let start = HEADER_BYTES + 4 * (first & 0x0f)
  if ((first & 0x10) !== 0) {
    // RFC 3550 section 5.3.1: the extension counts its 32-bit words.
    if (bytes.length < start + 4) return undefined
    start += 4 + 4 * view.getUint16(start + 2)
  }
  const padding = (first & 0x20) === 0 ? 0 : view.getUint8(bytes.length - 1)
  const paddingIsSound = (first & 0x20) === 0 || padding > 0
  if (!paddingIsSound || start + padding > bytes.length) return undefined
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: bytes.subarray(start, bytes.length - padding),
  }
}
