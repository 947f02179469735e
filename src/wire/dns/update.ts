import type { DomainName } from '../../core/brand.ts'
import type { Rdata, RecordType } from '../../core/records.ts'
import { CLASS, OPCODE, TYPE, typeCode } from './constants.ts'
import { MessageWriter, SECTION } from './write-message.ts'

/** What must hold before anything of an update is done; all of it is judged before the first change (RFC 2136 section 3.2). */
export type Prerequisite =
  | {
      /** The set is there with exactly these records, whatever its TTL (RFC 2136 section 2.4.2). */
      readonly kind: 'set-is'
      readonly name: DomainName
      readonly type: RecordType
      /** Rdata octets, names uncompressed: as values, or exactly as they were read. Never empty. */
      readonly records: readonly Uint8Array[]
    }
  | {
      /** Section 2.4.1: with whatever records. */
      readonly kind: 'set-exists'
      readonly name: DomainName
      readonly type: RecordType
    }
  | {
      /** Section 2.4.3. */
      readonly kind: 'no-set'
      readonly name: DomainName
      readonly type: RecordType
    }
  | {
      /** Section 2.4.5: the name has no set at all. */
      readonly kind: 'no-name'
      readonly name: DomainName
    }

export type UpdateStep =
  | {
      /** Section 2.5.2. */
      readonly kind: 'delete-set'
      readonly name: DomainName
      readonly type: RecordType
    }
  | {
      /** Section 2.5.1. */
      readonly kind: 'add'
      readonly name: DomainName
      readonly ttlSeconds: number
      readonly rdata: Rdata
    }

/** One zone's changes: all of them, in this order, or none (RFC 2136 section 3.7). */
export interface Update {
  readonly zone: DomainName
  readonly prerequisites: readonly Prerequisite[]
  readonly steps: readonly UpdateStep[]
}

const NOTHING = new Uint8Array()

/** The message of an update (RFC 2136 section 2), unsigned. Throws `MessageSizeError` where it would be longer than `limitOctets`. */
export function encodeUpdate(id: number, update: Update, limitOctets: number): Uint8Array {
  const writer = new MessageWriter(id, OPCODE.UPDATE << 11, limitOctets)
  // Section 2.3: the zone is named by a question for its SOA.
  writer.question(update.zone, TYPE.SOA)
  for (const one of update.prerequisites) writePrerequisite(writer, one)
  for (const step of update.steps) writeStep(writer, step)
  return writer.bytes()
}

/**
 * | prerequisite | class | type     | rdata        |  TTL is always 0 (RFC 2136 section 2.4)
 * |--------------|-------|----------|--------------|
 * | set-is       | zone  | the set's| one a record |
 * | set-exists   | ANY   | the set's| none         |
 * | no-set       | NONE  | the set's| none         |
 * | no-name      | NONE  | ANY      | none         |
 */
function writePrerequisite(writer: MessageWriter, one: Prerequisite): void {
  const put = (type: number, recordClass: number, octets: Uint8Array) =>
    writer.opaque(SECTION.ANSWER, one.name, type, recordClass, 0, octets)
  if (one.kind === 'set-is') for (const octets of one.records) put(typeCode(one.type), CLASS.IN, octets)
  else if (one.kind === 'set-exists') put(typeCode(one.type), CLASS.ANY, NOTHING)
  else if (one.kind === 'no-set') put(typeCode(one.type), CLASS.NONE, NOTHING)
  else put(TYPE.ANY, CLASS.NONE, NOTHING)
}

function writeStep(writer: MessageWriter, step: UpdateStep): void {
  if (step.kind === 'add') writer.record(SECTION.AUTHORITY, step.name, step.ttlSeconds, step.rdata)
  else writer.opaque(SECTION.AUTHORITY, step.name, typeCode(step.type), CLASS.ANY, 0, NOTHING)
}
