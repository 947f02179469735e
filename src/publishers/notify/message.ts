import type { DomainName } from '../../core/brand.ts'
import { CLASS, OPCODE, RCODE, TYPE } from '../../wire/dns/constants.ts'
import { readMessage } from '../../wire/dns/read-message.ts'
import type { TsigKey } from '../../wire/dns/tsig/key.ts'
import { signMessage } from '../../wire/dns/tsig/sign.ts'
import { verifyResponse } from '../../wire/dns/tsig/verify-response.ts'
import { MessageWriter, SECTION } from '../../wire/dns/write-message.ts'
import type { ZoneRecord } from '../../zone/journal.ts'

export interface NotifyMessage {
  readonly bytes: Uint8Array
  /** What the acknowledgement is verified with, where the message is signed. */
  readonly mac: Uint8Array | undefined
}

/** NOTIFY with AA and the SOA as a hint (RFC 1996 sections 3.3 and 3.7), signed where there is a key. */
export function notifyMessage(
  id: number,
  soa: ZoneRecord,
  key: TsigKey | undefined,
  nowMs: number,
): NotifyMessage {
  const writer = new MessageWriter(id, (OPCODE.NOTIFY << 11) | 0x0400)
  writer.question(soa.name, TYPE.SOA)
  writer.record(SECTION.ANSWER, soa.name, soa.ttl, soa.rdata)
  if (key === undefined) return { bytes: writer.bytes(), mac: undefined }
  const { bytes, mac } = signMessage(writer.bytes(), key, nowMs)
  return { bytes, mac }
}

/** The id of what may be an acknowledgement; undefined for anything else. */
export function idOfReply(bytes: Uint8Array): number | undefined {
  const response = ((bytes[2] ?? 0) & 0x80) !== 0
  const opcode = ((bytes[2] ?? 0) >> 3) & 0x0f
  if (bytes.length < 12 || !response || opcode !== OPCODE.NOTIFY) return undefined
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
}

/**
 * What a reply to our NOTIFY says. Never throws for what the octets say.
 *
 * | it is                                    | then                                           |
 * |------------------------------------------|------------------------------------------------|
 * | of another zone, or cannot be read       | `nothing`: not the answer to this              |
 * | badly signed, where we have signed       | the fault, in words                            |
 * | of an RCODE other than NOERROR           | the RCODE, in words                            |
 * | otherwise                                | `acknowledged` (RFC 1996 section 3.8)          |
 */
export function judgeReply(
  bytes: Uint8Array,
  origin: DomainName,
  signed: { readonly key: TsigKey; readonly mac: Uint8Array } | undefined,
  nowMs: number,
): 'acknowledged' | 'nothing' | { readonly fault: string } {
  const reading = readMessage(bytes)
  if (!reading.ok) return 'nothing'
  const [question, ...others] = reading.message.questions
  // An empty question section is forgiven in an error: the id and the address are right.
  if (question === undefined && reading.message.rcode === RCODE.NOERROR) return 'nothing'
  const fits = question === undefined || (question.name === origin && question.class === CLASS.IN)
  if (!fits || others.length > 0) return 'nothing'
  if (signed !== undefined) {
    const verified = verifyResponse(bytes, signed.key, signed.mac, nowMs)
    if (!verified.ok)
      return { fault: `its TSIG: ${verified.fault}, found by ${verified.by === 'us' ? 'us' : 'it'}` }
  }
  const { rcode } = reading.message
  return rcode === RCODE.NOERROR ? 'acknowledged' : { fault: rcodeName(rcode) }
}

function rcodeName(rcode: number): string {
  return Object.entries(RCODE).find(([, code]) => code === rcode)?.[0] ?? `RCODE ${rcode}`
}
