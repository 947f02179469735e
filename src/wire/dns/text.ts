import type { DomainName } from '../../core/brand.ts'
import type { Rdata, RecordSet, RecordType } from '../../core/records.ts'
import { isMetaType, recordType, typeCodeFromText } from './constants.ts'
import { canonicalName, NameError } from './name.ts'
import { MAX_TTL, parseSeconds } from './rdata/field.ts'
import { RdataError } from './rdata/part.ts'
import { formatRdata, parseRdata } from './rdata/registry.ts'
import { type Entry, readEntries, type TextFault, type Token } from './tokens.ts'

export type { TextFault } from './tokens.ts'

export interface TextRecord {
  readonly name: DomainName
  readonly type: RecordType
  /** Seconds. */
  readonly ttl: number
  readonly rdata: Rdata
  /** Of its first token, from 1. */
  readonly line: number
  readonly column: number
}

export interface MasterFile {
  readonly records: readonly TextRecord[]
  /** In the order of the text. */
  readonly faults: readonly TextFault[]
}

export interface MasterFileOptions {
  readonly origin: DomainName
  /** Seconds, as if `$TTL` (RFC 2308 section 4) stood above the text. */
  readonly defaultTtl: number
}

/** In characters; far above any zone written by hand. */
export const MAX_TEXT = 8 * 1024 * 1024
const MAX_RECORDS = 100_000
export const MAX_FAULTS = 200

const CLASS_WORD = /^(?:IN|CH|CS|HS|NONE|ANY|CLASS\d{1,5})$/i
const DIRECTIVES_REFUSED: ReadonlyMap<string, string> = new Map([
  ['$INCLUDE', '$INCLUDE is not supported: put the records here'],
  ['$GENERATE', '$GENERATE is not part of RFC 1035 and not supported: write the records out'],
])

/** What is carried from one entry to the next. */
interface Reading {
  origin: DomainName
  defaultTtl: number
  /** `bad`: the last owner had a fault of its own; what follows it has no place. */
  owner: DomainName | 'bad' | undefined
}

/** Where in the text an entry is wrong. Thrown and caught in this file only. */
class EntryFault extends Error {
  readonly token: Token

  constructor(message: string, token: Token) {
    super(message)
    this.token = token
  }
}

/**
 * Master-file text (RFC 1035 section 5, `$TTL` of RFC 2308, unknown types of RFC 3597) to records of class IN.
 * Never throws for what the text says: every fault comes back with its place, up to `MAX_FAULTS`.
 */
export function parseMasterFile(text: string, options: MasterFileOptions): MasterFile {
  const records: TextRecord[] = []
  const faults: TextFault[] = []
  if (text.length > MAX_TEXT) {
    return { records, faults: [{ message: `more than ${MAX_TEXT} characters`, line: 1, column: 1 }] }
  }
  const reading: Reading = { origin: options.origin, defaultTtl: options.defaultTtl, owner: undefined }
  const note = (fault: TextFault) => {
    if (faults.length < MAX_FAULTS) faults.push(fault)
  }
  for (const entry of readEntries(text, note)) {
    const first = entry.tokens[0]
    if (first === undefined) continue
    const full = records.length >= MAX_RECORDS ? `more than ${MAX_RECORDS} records` : undefined
    const hopeless =
      faults.length >= MAX_FAULTS ? `more than ${MAX_FAULTS} faults: the rest was not read` : undefined
    const stop = full ?? hopeless
    if (stop !== undefined) {
      faults.push({ message: stop, line: first.line, column: first.column })
      break
    }
    try {
      const record = readEntry(entry, first, reading)
      if (record !== undefined) records.push(record)
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      note({ message: error.message, line: error.token.line, column: error.token.column })
    }
  }
  return { records, faults }
}

/** Lines of `name ttl IN TYPE rdata`, absolute, without a final line break. */
export function formatRecordSet(set: Pick<RecordSet, 'name' | 'ttl' | 'type' | 'records'>): string {
  return set.records.map((rdata) => `${set.name} ${set.ttl} IN ${set.type} ${formatRdata(rdata)}`).join('\n')
}

function readEntry(
  { tokens, indented, broken }: Entry,
  first: Token,
  reading: Reading,
): TextRecord | undefined {
  if (!indented && !first.quoted && first.text.startsWith('$')) {
    if (!broken) readDirective(tokens, first, reading)
    return undefined
  }
  let at = 0
  if (!indented) {
    reading.owner = 'bad'
    if (first.quoted) throw new EntryFault('the owner name must not be quoted', first)
    reading.owner = nameAt(first, reading.origin)
    at = 1
  } else if (reading.owner === undefined) {
    throw new EntryFault('the first record has no owner name: "@" stands for the zone itself', first)
  }
  if (broken) return undefined
  const { ttl, next } = readTtlAndClass(tokens, at)
  const typeToken = tokens[next]
  if (typeToken === undefined) throw new EntryFault('the record has no type', tokens.at(-1) ?? first)
  const code = typeToken.quoted ? undefined : typeCodeFromText(typeToken.text)
  if (code === undefined) throw new EntryFault(`unknown record type ${shown(typeToken)}`, typeToken)
  if (isMetaType(code)) throw new EntryFault(`${shown(typeToken)} is no type of data`, typeToken)
  const type = recordType(code)
  const fields = tokens.slice(next + 1)
  const rdata = readRdata(type, fields, typeToken, reading.origin)
  if (reading.owner === 'bad') return undefined
  return {
    name: reading.owner,
    type,
    ttl: ttl ?? reading.defaultTtl,
    rdata,
    line: first.line,
    column: first.column,
  }
}

function readDirective(tokens: readonly Token[], first: Token, reading: Reading): void {
  const word = first.text.toUpperCase()
  const refused = DIRECTIVES_REFUSED.get(word)
  if (refused !== undefined) throw new EntryFault(refused, first)
  if (word !== '$ORIGIN' && word !== '$TTL') throw new EntryFault(`unknown directive ${shown(first)}`, first)
  const value = tokens[1]
  if (value === undefined || value.quoted) throw new EntryFault(`${word} needs a value`, value ?? first)
  const extra = tokens[2]
  if (extra !== undefined) throw new EntryFault('a field too many', extra)
  if (word === '$ORIGIN') reading.origin = nameAt(value, reading.origin)
  else reading.defaultTtl = checkedTtl(parseSeconds(value.text), value)
}

/** TTL and class come in either order, each at most once (RFC 1035 section 5.1). */
function readTtlAndClass(tokens: readonly Token[], start: number): { ttl: number | undefined; next: number } {
  let ttl: number | undefined
  let classSeen = false
  let next = start
  for (; next < tokens.length; next++) {
    const token = tokens[next]
    if (token === undefined || token.quoted) break
    const seconds = parseSeconds(token.text)
    if (seconds !== undefined && ttl === undefined) {
      ttl = checkedTtl(seconds, token)
    } else if (CLASS_WORD.test(token.text) && !classSeen) {
      if (!/^(?:IN|CLASS0*1)$/i.test(token.text))
        throw new EntryFault(`class ${shown(token)}: only IN is served`, token)
      classSeen = true
    } else break
  }
  return { ttl, next }
}

/** RFC 2181 section 8: 31 bits. */
function checkedTtl(seconds: number | undefined, token: Token): number {
  if (seconds === undefined || seconds > MAX_TTL) {
    throw new EntryFault(`a TTL is 0 to ${MAX_TTL} seconds, or like 30s, 1h: ${shown(token)} is not`, token)
  }
  return seconds
}

function nameAt(token: Token, origin: DomainName): DomainName {
  try {
    return canonicalName(token.text, origin)
  } catch (error) {
    if (error instanceof NameError)
      throw new EntryFault(`${shown(token)} is no domain name: ${error.message}`, token)
    throw error
  }
}

function readRdata(type: RecordType, fields: readonly Token[], typeToken: Token, origin: DomainName): Rdata {
  try {
    return parseRdata(type, fields, origin)
  } catch (error) {
    if (!(error instanceof RdataError)) throw error
    const token = (error.field === undefined ? undefined : fields[error.field]) ?? fields.at(-1) ?? typeToken
    throw new EntryFault(`${typeToken.text.toUpperCase()}: ${error.message}`, token)
  }
}

/** Safe to print: short, and nothing but visible ASCII. */
function shown(token: Token): string {
  const text = token.text.replace(/[^\x20-\x7e]/g, '?')
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
}
