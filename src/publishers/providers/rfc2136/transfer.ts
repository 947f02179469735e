import type { DomainName } from '../../../core/brand.ts'
import { RCODE, TYPE } from '../../../wire/dns/constants.ts'
import { type MessageRecord, readMessage } from '../../../wire/dns/read-message.ts'
import { signMessage } from '../../../wire/dns/tsig/sign.ts'
import { createVerifier } from '../../../wire/dns/tsig/verify-response.ts'
import { MessageWriter } from '../../../wire/dns/write-message.ts'
import { ProviderError } from '../error.ts'
import { rcodeName, tsigError } from './faults.ts'
import type { Primary } from './primary.ts'
import { freshId } from './questions.ts'

export type Transfer =
  | {
      readonly kind: 'zone'
      readonly serial: number
      /** Every record of the zone, its SOA once. */
      readonly records: readonly MessageRecord[]
    }
  /** The server will not, or the zone is larger than is worth it; the names of interest can still be asked for. */
  | { readonly kind: 'declined'; readonly why: string }

/** Beyond these, questions for the names of interest cost less. */
const MAX_RECORDS = 200_000
const MAX_MS = 60_000

/**
 * The whole zone (AXFR, RFC 5936), every message checked (RFC 8945 section 5.3.1): nothing counts before the last one is signed.
 * Rejects with `ProviderError` where the server fails or is not to be believed.
 */
export async function transferZone(
  primary: Primary,
  zone: DomainName,
  keep: (name: DomainName) => boolean,
  signal: AbortSignal,
): Promise<Transfer> {
  const { wallClock, options } = primary
  const id = freshId()
  const writer = new MessageWriter(id, 0)
  writer.question(zone, TYPE.AXFR)
  const request = signMessage(writer.bytes(), options.key, wallClock.nowMs())
  const verifier = createVerifier(options.key, request.mac)
  const conversation = await primary.converse(signal)
  try {
    conversation.send(request.bytes)
    const startedMs = wallClock.nowMs()
    const reading = new ZoneReading(zone, keep)
    while (!reading.complete) {
      const bytes = await conversation.receive()
      const nowMs = wallClock.nowMs()
      const verified = verifier.verify(bytes, nowMs)
      if (!verified.ok) throw tsigError(verified, nowMs, (bytes[3] ?? 0) & 0x0f)
      const read = readMessage(verified.message)
      if (!read.ok) throw new ProviderError('protocol', `the transfer is malformed: ${read.fault}`)
      const { message } = read
      if (message.id !== id || !message.response)
        throw new ProviderError('protocol', 'an answer to nothing that was asked')
      if (message.rcode !== RCODE.NOERROR) return { kind: 'declined', why: rcodeName(message.rcode) }
      const fault = reading.take(message.answers)
      if (fault !== undefined) throw new ProviderError('protocol', `the transfer makes no sense: ${fault}`)
      if (reading.seen > MAX_RECORDS) return { kind: 'declined', why: `more than ${MAX_RECORDS} records` }
      if (nowMs - startedMs > MAX_MS) return { kind: 'declined', why: `longer than ${MAX_MS / 1000} s` }
    }
    const unsigned = verifier.finish()
    if (unsigned !== undefined) throw tsigError(unsigned, wallClock.nowMs(), undefined)
    return { kind: 'zone', serial: reading.serial, records: reading.records }
  } finally {
    conversation.close()
  }
}

/** RFC 5936 section 2.2: the SOA, every other record once, the SOA again. */
class ZoneReading {
  readonly records: MessageRecord[] = []
  readonly #zone: DomainName
  readonly #keep: (name: DomainName) => boolean
  complete = false
  serial = 0
  seen = 0

  constructor(zone: DomainName, keep: (name: DomainName) => boolean) {
    this.#zone = zone
    this.#keep = keep
  }

  /** What is wrong, if anything. */
  take(answers: readonly MessageRecord[]): string | undefined {
    if (answers.length === 0) return 'a message without records'
    for (const record of answers) {
      if (this.complete) return 'records behind the last SOA'
      const soa = record.rdata?.type === 'SOA' && record.name === this.#zone ? record.rdata : undefined
      if (this.seen === 0 && soa === undefined) return 'it does not begin with the SOA'
      this.seen += 1
      if (soa !== undefined && this.seen > 1) {
        if (soa.serial !== this.serial) return 'its two SOAs differ'
        this.complete = true
      } else {
        if (soa !== undefined) this.serial = soa.serial
        if (this.#keep(record.name)) this.records.push(record)
      }
    }
    return undefined
  }
}
