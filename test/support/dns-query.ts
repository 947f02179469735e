import { OPCODE, TYPE } from '../../src/wire/dns/constants.ts'

export interface QueryOptions {
  readonly id?: number
  readonly opcode?: number
  /** Octets 2 and 3 of the header are or-ed with this (`0x0100` is RD). */
  readonly flags?: number
  readonly qclass?: number
  readonly questions?: number
  readonly edns?: EdnsOptions | true
  /** Whole records behind the question; `counts` says where they are counted. */
  readonly records?: readonly Uint8Array[]
  readonly counts?: readonly [answers: number, authorities: number, additionals: number]
  readonly trailing?: Uint8Array
}

export interface EdnsOptions {
  readonly size?: number
  readonly version?: number
  readonly flags?: number
  readonly extendedRcode?: number
  readonly owner?: Uint8Array
  readonly options?: Uint8Array
}

/** Octets of a query, made by hand: nothing of what is tested is used to make it, and it may be as wrong as asked for. */
export function queryOf(
  name: string | Uint8Array,
  type: keyof typeof TYPE | number,
  options: QueryOptions = {},
): Buffer {
  const question = typeof name === 'string' ? wireName(name) : name
  const records = [...(options.records ?? [])]
  if (options.edns !== undefined) records.push(optOf(options.edns === true ? {} : options.edns))
  const [answers, authorities, additionals] = options.counts ?? [0, 0, records.length]
  const id = options.id ?? 0x1234
  const flags = (options.flags ?? 0) | ((options.opcode ?? OPCODE.QUERY) << 11)
  return Buffer.concat([
    u16(id, flags, options.questions ?? 1, answers, authorities, additionals),
    question,
    u16(typeof type === 'number' ? type : TYPE[type], options.qclass ?? 1),
    ...records,
    options.trailing ?? Buffer.alloc(0),
  ])
}

/** A header and nothing else, unless `rest` is given. */
export function headerOnly(
  flags: number,
  counts: readonly number[] = [0, 0, 0, 0],
  rest: Uint8Array = Buffer.alloc(0),
): Buffer {
  return Buffer.concat([u16(0x1234, flags, ...counts), rest])
}

export function optOf(options: EdnsOptions = {}): Buffer {
  const rdata = options.options ?? Buffer.alloc(0)
  return Buffer.concat([
    options.owner ?? Buffer.from([0]),
    u16(TYPE.OPT, options.size ?? 1232),
    Buffer.from([options.extendedRcode ?? 0, options.version ?? 0]),
    u16(options.flags ?? 0, rdata.length),
    rdata,
  ])
}

export function optionOf(code: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u16(code, data.length), data])
}

/** A record of any type, with the root as owner unless told otherwise. */
export function recordOf(
  type: number,
  rdata: Uint8Array = Buffer.alloc(0),
  more: { owner?: Uint8Array; qclass?: number; ttl?: number } = {},
): Buffer {
  return Buffer.concat([
    more.owner ?? Buffer.from([0]),
    u16(type, more.qclass ?? 1, 0, more.ttl ?? 0, rdata.length),
    rdata,
  ])
}

/** Labels as written, case kept; `\DDD` and `\X` as in master files. */
export function wireName(text: string): Buffer {
  const labels: number[][] = [[]]
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    const digits = /^\\(\d{3})/.exec(text.slice(at))?.[1]
    if (digits !== undefined) {
      labels.at(-1)?.push(Number(digits))
      at += 3
    } else if (char === '\\') labels.at(-1)?.push(text.charCodeAt(++at))
    else if (char === '.') labels.push([])
    else labels.at(-1)?.push(char.charCodeAt(0))
  }
  const full = labels.filter((label) => label.length > 0)
  return Buffer.from([...full.flatMap((label) => [label.length, ...label]), 0])
}

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, i * 2)
  })
  return bytes
}
