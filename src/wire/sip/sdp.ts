import { parseAddress } from '../../core/schemas.ts'

/** G.711 over RTP: 8000 samples a second, one octet each (RFC 3551 section 4.5.14). */
export const G711 = {
  pcmu: { name: 'PCMU', payloadType: 0, silence: 0xff },
  pcma: { name: 'PCMA', payloadType: 8, silence: 0xd5 },
} as const
export type G711Codec = keyof typeof G711

export interface AudioOffer {
  /** Local address that media is to come to. */
  readonly address: string
  readonly port: number
  /** Best first. */
  readonly codecs: readonly G711Codec[]
  /** `inactive`: nobody is to send; for a call that is about signalling alone. */
  readonly direction: 'sendrecv' | 'inactive'
  /** Numeric, unlike any other's (RFC 8866 section 5.2). */
  readonly sessionId: number
}

/** An SDP offer of one audio stream (RFC 8866, RFC 3264 section 5), 20 ms a packet. */
export function audioOffer(offer: AudioOffer): Uint8Array {
  const family = offer.address.includes(':') ? 'IP6' : 'IP4'
  const codecs = offer.codecs.map((codec) => G711[codec])
  const lines = [
    'v=0',
    `o=- ${offer.sessionId} ${offer.sessionId} IN ${family} ${offer.address}`,
    's=-',
    `c=IN ${family} ${offer.address}`,
    't=0 0',
    `m=audio ${offer.port} RTP/AVP ${codecs.map((codec) => codec.payloadType).join(' ')}`,
    ...codecs.map((codec) => `a=rtpmap:${codec.payloadType} ${codec.name}/8000`),
    'a=ptime:20',
    `a=${offer.direction}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1')
}

export interface AudioAnswer {
  /** Where RTP goes to, and has to come from. */
  readonly address: string
  readonly port: number
  readonly codec: G711Codec
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
}

export type SdpFault =
  | 'no-sdp' // no body, or none that begins like SDP
  | 'no-audio' // no audio stream, or one refused by port 0 (RFC 3264 section 6)
  | 'no-codec' // none that we offered
  | 'no-address' // no connection data, or a name, multicast or unspecified address

const MAX_BYTES = 16_384
const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)$/

/** The audio stream of an answer. Never throws: bytes off the network. */
export function parseAudioAnswer(bytes: Uint8Array, offered: readonly G711Codec[]): AudioAnswer | SdpFault {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_BYTES)).toString(
    'latin1',
  )
  // RFC 8866 section 5: CRLF, but a bare LF is to be accepted as well.
  const lines = text.split(/\r?\n/)
  if (lines[0]?.trim() !== 'v=0') return 'no-sdp'
  const sections = sectionsOf(lines)
  const [session = []] = sections
  const audio = sections.slice(1).find((section) => section[0]?.startsWith('m=audio ') === true)
  const media = /^m=audio (\d{1,5})(?:\/\d+)? RTP\/AVP ([\d ]+)$/.exec(audio?.[0]?.trim() ?? '')
  if (audio === undefined || media === null) return 'no-audio'
  const port = Number(media[1])
  if (port === 0 || port > 65_535) return 'no-audio'
  const types = (media[2] ?? '').trim().split(/ +/).map(Number)
  // RFC 3264 section 6.1: the answer lists what it takes, best first.
  const codec = types
    .map((type) => offered.find((one) => G711[one].payloadType === type))
    .find((one) => one !== undefined)
  if (codec === undefined) return 'no-codec'
  const address = connectionOf(audio) ?? connectionOf(session)
  if (address === undefined) return 'no-address'
  return { address, port, codec, direction: directionOf(audio) ?? directionOf(session) ?? 'sendrecv' }
}

/** The session's lines, then those of each stream. */
function sectionsOf(lines: readonly string[]): string[][] {
  const sections: string[][] = [[]]
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  return sections
}

/** RFC 8866 section 5.7. A host name would need a look-up, which no probe waits for. */
function connectionOf(section: readonly string[]): string | undefined {
  const line = section.find((one) => one.startsWith('c='))
  const given = /^c=IN IP[46] (\S{1,64})$/.exec(line?.trim() ?? '')?.[1]
  if (given === undefined) return undefined
  // No stream of ours may be pointed at a group of hosts: multicast and broadcast are refused.
  const parsed = parseAddress(given)
  return parsed.ok ? parsed.address : undefined
}

function directionOf(section: readonly string[]): AudioAnswer['direction'] | undefined {
  for (const line of section) {
    const found = DIRECTION.exec(line.trim())?.[1]
    if (found !== undefined) return found as AudioAnswer['direction']
  }
  return undefined
}
