import type { DomainName } from '../../../core/brand.ts'
import type { Rdata } from '../../../core/records.ts'
import { TYPE, typeCode } from '../../../wire/dns/constants.ts'
import { canonicalRecords, octetKey } from '../../../zone/canonical.ts'
import { serialAfter } from '../../../zone/serial.ts'
import type { Change } from '../definition.ts'
import type { Primary } from './primary.ts'
import { type Finding, finding, questions, ttlOf, zoneOf } from './questions.ts'

export interface InForce {
  /** The zone's serial now. */
  readonly serial: number
  /** What is not yet as it shall be; absent: all is. */
  readonly why?: string
}

/** Asks the primary whether changes that it accepted are what it answers, and whether its serial moved beyond `serialBefore`. */
export async function inForce(
  primary: Primary,
  apex: DomainName,
  changes: readonly Change[],
  serialBefore: number | undefined,
  signal: AbortSignal,
): Promise<InForce> {
  const about = changes.map(({ name, type }) => ({ name, type: typeCode(type) }))
  // The serial last: what it covers has been answered by then.
  const asked = [...about, { name: apex, type: TYPE.SOA }]
  const answers = await primary.askAll(questions(asked), signal)
  const [soa] = answers.slice(-1)
  if (soa === undefined) throw new Error('fewer answers than questions')
  const findings = about.map(({ name, type }, i) => finding(answers[i] ?? soa, name, type))
  const { serial } = zoneOf(soa, apex)
  const wrong = changes.find((change, i) => !isAsChanged(change, findings[i]))
  if (wrong !== undefined)
    return { serial, why: `${wrong.name} ${wrong.type} is not yet answered as it was set` }
  if (serialBefore !== undefined && !serialAfter(serial, serialBefore))
    return { serial, why: `the serial is still ${serial}: secondaries will not ask for the change` }
  return { serial }
}

/**
 * | after | answered                                | as changed |
 * |-------|-----------------------------------------|------------|
 * | a set | these records and this TTL              | yes        |
 * | a set | anything else                           | no         |
 * | none  | the records of before                   | no         |
 * | none  | nothing, or others (a wildcard's)       | yes        |
 */
function isAsChanged({ before, after }: Change, found: Finding | undefined): boolean {
  const records = found?.records ?? []
  const values = records.flatMap(({ rdata }) => (rdata === undefined ? [] : [rdata]))
  if (after === undefined) return before === undefined || contentOf(values) !== contentOf(before.records)
  return contentOf(values) === contentOf(after.records) && ttlOf(records) === after.ttl
}

function contentOf(records: readonly Rdata[]): string {
  return canonicalRecords(records).map(octetKey).join(' ')
}
