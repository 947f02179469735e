import type { DomainName } from '../../../core/brand.ts'
import type { TransferSettings } from '../../../core/dns-settings.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Clock, Logger } from '../../../core/ports.ts'
import type { Snapshot } from '../../../core/snapshot.ts'
import { CLASS, OPCODE, RCODE, TYPE } from '../../../wire/dns/constants.ts'
import { readWireName } from '../../../wire/dns/name.ts'
import { emptyQuery, HEADER, readQuery } from '../../../wire/dns/query.ts'
import { readMessage } from '../../../wire/dns/read-message.ts'
import type { TsigKey } from '../../../wire/dns/tsig/key.ts'
import { createSigner, signatureSize } from '../../../wire/dns/tsig/sign.ts'
import { verifyRequest } from '../../../wire/dns/tsig/verify-request.ts'
import { soaOf, type ZoneJournal, type ZoneRecord } from '../../../zone/journal.ts'
import { serialAfter } from '../../../zone/serial.ts'
import type { ClientAddress } from '../client-address.ts'
import { TransferAccess } from './access.ts'
import { ZoneJournals } from './journals.ts'
import {
  deltaRecords,
  faultMessage,
  fullRecords,
  type TransferQuestion,
  transferMessages,
} from './messages.ts'
import type { Refusals } from './refusal-log.ts'
import { Slots } from './slots.ts'

/**
 * What a client that asked for a zone got: the whole zone; the changes; the SOA alone, as it has the rest; the whole zone though it asked
 * for changes; an error.
 */
export type TransferKind = 'full' | 'incremental' | 'current' | 'full-instead' | 'faulty'

/** Transfers by kind: those that went to their end, and those where the connection or we ended before. */
export type TransferCounts = Readonly<
  Partial<Record<TransferKind, Readonly<{ whole: number; broken: number }>>>
>

/** One transfer that was granted: its messages, each made when it is asked for. */
export interface Transfer {
  readonly zone: DomainName
  readonly qtype: number
  readonly kind: TransferKind
  readonly messages: Iterator<Uint8Array>
}

export interface DeskDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly refusals: Refusals
  /** The publisher's word in `zones.*.publish`. */
  readonly publisher: string
  /** Runs the next slice of a large change. Absent: all at once. */
  readonly defer?: (next: () => void) => void
}

/**
 * Grants transfers over TCP (RFC 5936, RFC 1995).
 *
 * | asked | its serial              | answer                                           |
 * |-------|-------------------------|--------------------------------------------------|
 * | either, of no zone here | - | NOTAUTH (RFC 5936 section 2.2.1)                 |
 * | AXFR  | -                       | the whole zone                                   |
 * | IXFR  | none, or no SOA         | FORMERR                                          |
 * | IXFR  | ours, or ahead of it    | our SOA alone (RFC 1995 section 2)               |
 * | IXFR  | kept in the journal     | the changes since then                           |
 * | IXFR  | any other               | the whole zone, in the form of AXFR (section 4)  |
 */
export class TransferDesk {
  readonly slots: Slots
  readonly #deps: DeskDeps
  readonly #keys: ReadonlyMap<DomainName, TsigKey>
  readonly #access: TransferAccess
  readonly #journals: ZoneJournals
  readonly #query = emptyQuery()
  readonly #counts: Partial<Record<TransferKind, { whole: number; broken: number }>> = {}

  constructor(settings: TransferSettings, keys: ReadonlyMap<DomainName, TsigKey>, deps: DeskDeps) {
    this.#keys = keys
    this.#deps = deps
    this.#access = new TransferAccess(settings)
    this.#journals = new ZoneJournals({ ...deps, changes: settings.journalChanges })
    this.slots = new Slots(settings.maxConcurrent)
  }

  publish(snapshot: Snapshot): void {
    this.#journals.publish(snapshot)
  }

  /**
   * The transfer that the query asks for; undefined where it asks for none, or may not have it: then it is answered as any other. Never
   * throws for what the octets say.
   */
  grant(bytes: Uint8Array, client: ClientAddress, clientText: string): Transfer | undefined {
    const query = this.#query
    const status = readQuery(bytes, bytes.length, query)
    const sound = status === RCODE.NOERROR || (status === RCODE.NOTAUTH && query.tsig)
    const asks = query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR
    if (!sound || !asks || query.opcode !== OPCODE.QUERY || query.qclass !== CLASS.IN) return undefined
    const { name } = readWireName(bytes, HEADER)
    const nowMs = this.#deps.clock.nowMs()
    const check = query.tsig ? verifyRequest(bytes, this.#keys, nowMs) : undefined
    // What is wrong with the signature is told, and logged, where every signed query is checked.
    if (check?.kind === 'refused' || check?.kind === 'malformed') return undefined
    const signed = check?.kind === 'signed' ? check : undefined
    const journal = this.#journals.of(name)
    if (journal === undefined) this.#refuse(clientText, name, 'no zone of that name is served here')
    else if (!this.#access.allows(name, client, signed?.key.name))
      return this.#refuse(
        clientText,
        name,
        signed === undefined
          ? 'no unsigned transfer to this address'
          : 'no transfer with this key to this address',
      )
    // The messages are made later, when the connection has other octets there.
    const own = new Uint8Array(bytes)
    const question: TransferQuestion = {
      bytes: signed?.message ?? own,
      questionEnd: query.questionEnd,
      name,
      type: query.qtype,
      edns: query.edns,
    }
    const spare = signed === undefined ? 0 : signatureSize(signed.key)
    const { kind, messages } = this.#given(journal, question, clientText, spare)
    const granted = { zone: name, qtype: query.qtype, kind }
    if (signed === undefined) return { ...granted, messages }
    return { ...granted, messages: this.#signed(messages, signed.key, signed.mac, own) }
  }

  get counts(): TransferCounts {
    return this.#counts
  }

  /** A transfer went to its end (`whole`), or broke off. */
  ended({ kind }: Transfer, whole: boolean): void {
    const counts = this.#counts[kind] ?? { whole: 0, broken: 0 }
    counts[whole ? 'whole' : 'broken']++
    this.#counts[kind] = counts
  }

  /** A transfer ended for a fault of ours. */
  failed({ zone }: Transfer, error: unknown): void {
    this.#deps.logger.error(
      'dns.transfer-failed',
      { zone, error: messageOf(error) },
      `the transfer of ${zone} broke off: ${messageOf(error)}`,
    )
  }

  #given(
    journal: ZoneJournal | undefined,
    question: TransferQuestion,
    client: string,
    spareOctets: number,
  ): Given {
    const fault = (rcode: number): Given => ({
      kind: 'faulty',
      messages: [faultMessage(question, rcode)].values(),
    })
    if (journal === undefined) return fault(RCODE.NOTAUTH)
    const { zone } = journal
    // A zone without SOA is published elsewhere; it was never compiled for DNS either.
    if (soaOf(zone) === undefined) return fault(RCODE.FORMERR)
    const give = (
      kind: TransferKind,
      records: Iterable<ZoneRecord>,
      fields: Record<string, unknown>,
    ): Given => {
      this.#deps.logger.debug(
        'dns.transfer',
        { zone: zone.origin, client, kind, serial: zone.serial, ...fields },
        `${client} takes ${zone.origin} at serial ${zone.serial} (${kind})`,
      )
      return { kind, messages: transferMessages(records, question, spareOctets) }
    }
    if (question.type === TYPE.AXFR) return give('full', fullRecords(zone), {})
    const from = serialOf(question)
    if (from === undefined) return fault(RCODE.FORMERR)
    if (from === zone.serial || serialAfter(from, zone.serial))
      return give('current', deltaRecords(zone, []), { from })
    const deltas = journal.since(from)
    if (deltas === undefined) return give('full-instead', fullRecords(zone), { from })
    return give('incremental', deltaRecords(zone, deltas), { from })
  }

  /** Every message is signed, with the id that the query came with (RFC 8945 section 4.2: the MAC has the original one). */
  *#signed(
    messages: Iterable<Uint8Array>,
    key: TsigKey,
    mac: Uint8Array,
    query: Uint8Array,
  ): Generator<Uint8Array> {
    const signer = createSigner(key, mac)
    for (const message of messages) {
      const bytes = signer.sign(message, this.#deps.clock.nowMs())
      bytes.set(query.subarray(0, 2))
      yield bytes
    }
  }

  #refuse(client: string, zone: DomainName, why: string): undefined {
    this.#deps.refusals.refused({ client, zone, why })
    return undefined
  }
}

interface Given {
  readonly kind: TransferKind
  readonly messages: IterableIterator<Uint8Array>
}

/** The serial that the client has: of the SOA in the authority section (RFC 1995 section 3). */
function serialOf({ bytes, name }: TransferQuestion): number | undefined {
  const reading = readMessage(bytes)
  if (!reading.ok) return undefined
  const { authorities } = reading.message
  const soa = authorities.find((record) => record.type === TYPE.SOA && record.name === name)
  return soa?.rdata?.type === 'SOA' ? soa.rdata.serial : undefined
}
