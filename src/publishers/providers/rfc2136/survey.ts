import type { DomainName } from '../../../core/brand.ts'
import type { RecordType } from '../../../core/records.ts'
import { RCODE, recordType, TYPE } from '../../../wire/dns/constants.ts'
import { parentOf } from '../../../wire/dns/name.ts'
import type { Message, MessageRecord } from '../../../wire/dns/read-message.ts'
import { encodeUpdate } from '../../../wire/dns/update.ts'
import { updateError } from './faults.ts'
import type { Primary } from './primary.ts'
import { type Finding, finding, freshId, question, questions, rrsets, zoneOf } from './questions.ts'

/** Beside CNAME, which every name is asked for first. ANY would be fewer questions, but need not tell all (RFC 8482). */
const TYPES: readonly number[] = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.SRV,
  TYPE.NAPTR,
  TYPE.TXT,
  TYPE.MX,
  TYPE.NS,
  TYPE.PTR,
  TYPE.CAA,
  TYPE.DNAME,
]

/**
 * The records of certain names of a zone, one question a name and type: for servers that allow no transfer. Zone cuts on the
 * way come as their NS records.
 *
 * What a wildcard answers (RFC 4592) looks like data of the name, and an update that expects it there would fail. So where a wildcard
 * may stand behind an answer, an update without changes asks whether the set is really there (RFC 2136 section 2.4.1).
 */
export async function askForNames(
  primary: Primary,
  apex: DomainName,
  names: readonly DomainName[],
  signal: AbortSignal,
): Promise<readonly MessageRecord[]> {
  const wildcards = [...new Set(names.flatMap((name) => possibleWildcards(name, apex)))]
  const ask = async (about: readonly { name: DomainName; type: number }[]): Promise<readonly Finding[]> => {
    const answers = await primary.askAll(questions(about), signal)
    return answers.map((answer, i) => findingOf(answer, about[i]))
  }
  const first = await ask([...wildcards, ...names].map((name) => ({ name, type: TYPE.CNAME })))
  const shading = new Set(wildcards.filter((_, i) => first[i]?.nothing === false))
  const byName = first.slice(wildcards.length)
  const there = names.filter((_, i) => byName[i]?.nothing === false && byName[i]?.cut.length === 0)
  const rest = await ask(there.flatMap((name) => TYPES.map((type) => ({ name, type }))))

  const found = [...byName, ...rest]
  const cuts = found.flatMap(({ cut }) => cut)
  const sure: MessageRecord[] = []
  for (const records of rrsets(found.flatMap(({ records }) => records)).values()) {
    const [record] = records
    if (record === undefined) continue
    const shaded = possibleWildcards(record.name, apex).some((wildcard) => shading.has(wildcard))
    const type = recordType(record.type)
    if (!shaded || (await isThere(primary, apex, record.name, type, signal))) sure.push(...records)
  }
  return [...sure, ...onceEach(cuts)]
}

/** The question that tells a name's zone. */
export async function askForZone(primary: Primary, name: DomainName, signal: AbortSignal): Promise<Message> {
  const { message } = await primary.ask(question(name, TYPE.SOA), signal)
  if (message.additionals.some((record) => record.type === TYPE.OPT)) primary.speaksEdns()
  return message
}

export async function serialOf(primary: Primary, apex: DomainName, signal: AbortSignal): Promise<number> {
  return zoneOf(await askForZone(primary, apex, signal), apex).serial
}

async function isThere(
  primary: Primary,
  apex: DomainName,
  name: DomainName,
  type: RecordType,
  signal: AbortSignal,
): Promise<boolean> {
  const prerequisites = [{ kind: 'set-exists', name, type }] as const
  const update = encodeUpdate(freshId(), { zone: apex, prerequisites, steps: [] }, 512)
  const { rcode } = (await primary.ask(update, signal)).message
  if (rcode === RCODE.NOERROR) return true
  if (rcode === RCODE.NXRRSET) return false
  throw updateError(rcode)
}

/** The wildcards that could answer for a name, were it not there itself: one below each of its ancestors (RFC 4592 section 3.3.1). */
function possibleWildcards(name: DomainName, apex: DomainName): DomainName[] {
  const wildcards: DomainName[] = []
  for (let at = name; at !== apex; ) {
    const parent = parentOf(at)
    if (parent === undefined) break
    wildcards.push((parent === '.' ? '*.' : `*.${parent}`) as DomainName)
    at = parent
  }
  return wildcards.filter((wildcard) => wildcard !== name)
}

function findingOf(answer: Message, about: { name: DomainName; type: number } | undefined): Finding {
  if (about === undefined) throw new Error('an answer without a question')
  return finding(answer, about.name, about.type)
}

function onceEach(records: readonly MessageRecord[]): MessageRecord[] {
  const byContent = new Map(
    records.map((record) => [`${record.name} ${record.type} ${record.octets}`, record]),
  )
  return [...byContent.values()]
}
