import type { DomainName } from '../../core/brand.ts'
import type { Rdata, RecordSet } from '../../core/records.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { BodyWriter, OVERFLOW, type QNAME } from '../../wire/dns/message.ts'
import { encodeName } from '../../wire/dns/name.ts'
import { NO_EDE } from './reply-options.ts'

/**
 * One reply but for its header, its question and its OPT: what a query costs is a look-up and a copy of this.
 * The records that must be there come first; those that may be left out follow, one RRset a step, so that any prefix of steps is sound:
 * pointers lead backwards only.
 */
export interface Rendered {
  readonly rcode: number
  readonly authoritative: boolean
  readonly answers: number
  readonly authorities: number
  /** Glue that a referral must carry (RFC 9471 section 3.1). */
  readonly glue: number
  readonly body: Uint8Array
  /** Octets of `body` without the optional additional records. */
  readonly required: number
  /** After each optional RRset: the body's end, and how many optional records it then holds. */
  readonly optionalEnds: readonly number[]
  readonly optionalCounts: readonly number[]
  /** Pointers that move with QNAME, and the length of QNAME, in octets, that they are right for. */
  readonly relocations: readonly number[]
  readonly qnameOctets: number
  /** INFO-CODE and extra text of an extended DNS error that EDNS clients are told, or -1 (RFC 8914). */
  readonly ede: number
  readonly edeText: Uint8Array
  /** The body is one DNAME record; what follows from it for QNAME is added to each response (`redirect.ts`). */
  readonly redirects: boolean
}

/** Where a response's records go; `QNAME` as owner is whatever was asked for. */
export interface OwnedSet {
  readonly owner: DomainName | typeof QNAME
  readonly ttl: number
  readonly records: readonly Rdata[]
}

export interface Sections {
  readonly rcode: number
  readonly authoritative: boolean
  readonly answer?: readonly OwnedSet[]
  readonly authority?: readonly OwnedSet[]
  readonly glue?: readonly OwnedSet[]
  /** In order of worth: the last are dropped first when space is short. */
  readonly additional?: readonly OwnedSet[]
  readonly remark?: Remark
  /** The answer is one DNAME record and QNAME lies below its owner. */
  readonly redirects?: boolean
}

/** An extended DNS error (RFC 8914) for those who look into an answer: code and a short text. */
export interface Remark {
  readonly code: number
  readonly text: string
}

/** The name that a body is written for, and whether that is a wildcard whose QNAMEs differ in their first labels. */
export interface Reference {
  readonly name: DomainName
  readonly synthesised: boolean
}

/** Written anew by every render; one thread runs one at a time. */
const scratch = new Uint8Array(4_096)

/**
 * Writes the sections for every QNAME that ends in the reference.
 * A reply that no message can hold is SERVFAIL (nothing less would be whole); the zone's checks keep such sets out.
 */
export function render(reference: Reference, sections: Sections): Rendered {
  const writer = new BodyWriter(reference.name, reference.synthesised, scratch)
  let overflow = false
  const put = (sets: readonly OwnedSet[] | undefined): number => {
    let count = 0
    for (const set of sets ?? []) {
      for (const rdata of set.records) {
        // Thousands of records behind the limit need not be written to know that they do not fit.
        if (!overflow && writer.record(set.owner, set.ttl, rdata) === OVERFLOW) overflow = true
        count++
      }
    }
    return count
  }
  const answers = put(sections.answer)
  const authorities = put(sections.authority)
  const glue = put(sections.glue)
  if (overflow) return failed(reference)

  const required = writer.length
  const optionalEnds: number[] = []
  const optionalCounts: number[] = []
  let optional = 0
  for (const set of sections.additional ?? []) {
    optional += put([set])
    if (overflow) break
    optionalEnds.push(writer.length)
    optionalCounts.push(optional)
  }
  const end = optionalEnds.at(-1) ?? required
  return {
    rcode: sections.rcode,
    authoritative: sections.authoritative,
    answers,
    authorities,
    glue,
    body: writer.bytes().slice(0, end),
    required,
    optionalEnds,
    optionalCounts,
    relocations: writer.relocations.filter((at) => at < end),
    qnameOctets: encodeName(reference.name).length,
    ede: sections.remark?.code ?? NO_EDE,
    edeText: Buffer.from(sections.remark?.text ?? ''),
    redirects: sections.redirects === true,
  }
}

function failed(reference: Reference): Rendered {
  return render(reference, { rcode: RCODE.SERVFAIL, authoritative: false })
}

export function owned(owner: DomainName | typeof QNAME, set: Pick<RecordSet, 'ttl' | 'records'>): OwnedSet {
  return { owner, ttl: set.ttl, records: set.records }
}
