import { isIPv4, isIPv6 } from 'node:net'

/** A record set as the API speaks of it. */
export interface FakeSet {
  readonly name: string
  readonly type: string
  readonly ttl?: number
  readonly values: readonly string[]
  readonly setIdentifier?: string
  readonly weight?: number
  /** Dns name of an alias. */
  readonly alias?: string
}

export interface FakeChange {
  readonly action: string
  readonly set: FakeSet
}

/** Why a batch is refused: an API error code, and for `InvalidChangeBatch` a message for each bad change. */
export class BatchError extends Error {
  readonly code: string
  readonly messages: readonly string[]

  constructor(code: string, messages: readonly string[]) {
    super(messages.join(', '))
    this.code = code
    this.messages = messages
  }
}

const TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'DS', 'MX', 'NAPTR', 'NS', 'PTR', 'SOA', 'SPF', 'SRV', 'TXT']
const RECORDS_MAX = 1_000
const CHARACTERS_MAX = 32_000
/** "Quotas on records": values of a set, and weighted sets of a name and type. */
const VALUES_MAX = 400
const WEIGHTED_MAX = 100

/** The content of one hosted zone, with Route53's rules for changing it: all of a batch, or none. */
export class FakeZone {
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
  maxSets = 10_000
  #sets = new Map<string, FakeSet>()

  constructor(id: string, name: string, isPrivate = false) {
    this.id = id
    this.name = normalName(name)
    this.isPrivate = isPrivate
    this.put({ name, type: 'NS', ttl: 172_800, values: ['ns-1.awsdns-00.com.', 'ns-2.awsdns-00.net.'] })
    this.put({
      name,
      type: 'SOA',
      ttl: 900,
      values: ['ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400'],
    })
  }

  /** In the order of a listing: by reversed labels, then type, then identifier. */
  get sets(): FakeSet[] {
    return [...this.#sets.values()].sort(compareSets)
  }

  find(name: string, type: string, setIdentifier?: string): FakeSet | undefined {
    return this.#sets.get(
      keyOf({ name: normalName(name), type, ...(setIdentifier === undefined ? {} : { setIdentifier }) }),
    )
  }

  /** Somebody else's hand: no questions asked. */
  put(set: FakeSet): void {
    const normal = { ...set, name: normalName(set.name) }
    this.#sets.set(keyOf(normal), normal)
  }

  remove(name: string, type: string, setIdentifier?: string): void {
    this.#sets.delete(
      keyOf({ name: normalName(name), type, ...(setIdentifier === undefined ? {} : { setIdentifier }) }),
    )
  }

  /** Throws `BatchError`, and then nothing has changed. */
  change(changes: readonly FakeChange[]): void {
    const units = changes.map(({ action }) => (action === 'UPSERT' ? 2 : 1))
    const total = (measure: (set: FakeSet) => number) =>
      changes.reduce((sum, { set }, at) => sum + (units[at] ?? 1) * measure(set), 0)
    if (total((set) => set.values.length) > RECORDS_MAX)
      throw new BatchError('InvalidChangeBatch', [`Number of records limit of ${RECORDS_MAX} exceeded.`])
    if (total((set) => set.values.join('').length) > CHARACTERS_MAX)
      throw new BatchError('InvalidChangeBatch', [
        `Number of characters limit of ${CHARACTERS_MAX} exceeded.`,
      ])
    const before = this.#sets
    this.#sets = new Map(before)
    const faults = changes.flatMap((change) =>
      this.#one({ ...change, set: { ...change.set, name: normalName(change.set.name) } }),
    )
    faults.push(...this.#conflicts(changes))
    if (faults.length === 0 && this.#sets.size > this.maxSets && this.#sets.size > before.size) {
      this.#sets = before
      throw new BatchError('LimitsExceeded', [
        `The hosted zone has ${this.maxSets} record sets, the most it may have.`,
      ])
    }
    if (faults.length === 0) return
    this.#sets = before
    throw new BatchError('InvalidChangeBatch', faults)
  }

  #one({ action, set }: FakeChange): string[] {
    const where = `[name='${set.name}', type='${set.type}'${set.setIdentifier === undefined ? '' : `, set identifier='${set.setIdentifier}'`}]`
    const there = this.#sets.get(keyOf(set))
    if (action === 'DELETE') {
      if (there === undefined) return [`Tried to delete resource record set ${where} but it was not found`]
      if (JSON.stringify(comparable(there)) !== JSON.stringify(comparable(set)))
        return [
          `Tried to delete resource record set ${where} but the values provided do not match the current values`,
        ]
      if (set.name === this.name && (set.type === 'NS' || set.type === 'SOA'))
        return [`A HostedZone must contain at least one ${set.type} record`]
      this.#sets.delete(keyOf(set))
      return []
    }
    if (action === 'CREATE' && there !== undefined)
      return [`Tried to create resource record set ${where} but it already exists`]
    if (set.values.length > VALUES_MAX) return [`Cannot have more than ${VALUES_MAX} records in a RRSet.`]
    const bad = badSet(set, this.name)
    if (bad !== undefined)
      return [`Invalid Resource Record: FATAL problem: ${bad} encountered with '${set.name}'`]
    this.#sets.set(keyOf(set), set)
    return []
  }

  #conflicts(changes: readonly FakeChange[]): string[] {
    const names = new Set(
      changes.filter(({ action }) => action !== 'DELETE').map(({ set }) => normalName(set.name)),
    )
    const faults: string[] = []
    for (const name of names) {
      const here = [...this.#sets.values()].filter((set) => set.name === name)
      if (here.some((set) => set.type === 'CNAME') && here.some((set) => set.type !== 'CNAME'))
        faults.push(
          `RRSet of type ${here.find((set) => set.type !== 'CNAME')?.type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${this.name} [name='${name}']`,
        )
      for (const type of new Set(here.map((set) => set.type))) {
        const same = here.filter((set) => set.type === type)
        if (same.filter((set) => set.weight !== undefined).length > WEIGHTED_MAX)
          faults.push(`Exceeded limit on number of weighted RRSets for ${name}, type ${type} in this zone.`)
        if (same.some((set) => set.setIdentifier === undefined) && same.length > 1)
          faults.push(
            `RRSet with DNS name ${name}, type ${type} cannot be created as other RRSets exist with the same name and type [name='${name}']`,
          )
      }
    }
    return faults
  }
}

function badSet(set: FakeSet, zone: string): string | undefined {
  if (set.name !== zone && !set.name.endsWith(`.${zone}`)) return 'DomainNotInZone'
  if (!TYPES.includes(set.type)) return 'InvalidType'
  if (set.alias !== undefined) return undefined
  if (set.ttl === undefined || set.ttl < 0 || set.ttl > 2_147_483_647) return 'InvalidTTL'
  if (set.values.length === 0) return 'NoRecords'
  if (new Set(set.values).size < set.values.length) return 'DuplicateRecords'
  if (set.setIdentifier !== undefined && (set.weight === undefined || set.weight < 0 || set.weight > 255))
    return 'InvalidWeight'
  for (const value of set.values) if (!validValue(set.type, value)) return 'UnparseableResourceRecord'
  return undefined
}

function validValue(type: string, value: string): boolean {
  if (type === 'A') return isIPv4(value)
  if (type === 'AAAA') return isIPv6(value)
  if (type === 'SRV') return /^\d{1,5} \d{1,5} \d{1,5} \S+$/.test(value)
  if (type === 'TXT') return /^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*$/.test(value)
  if (type === 'NAPTR') return /^\d+ \d+ "[^"]*" "[^"]*" "[^"]*" \S+$/.test(value)
  return value !== ''
}

function comparable(set: FakeSet): unknown {
  return [set.ttl, [...set.values].sort(), set.weight, set.alias]
}

function keyOf({ name, type, setIdentifier }: Pick<FakeSet, 'name' | 'type' | 'setIdentifier'>): string {
  return `${name} ${type} ${setIdentifier ?? ''}`
}

/** Lower case, a dot at the end, odd characters in octal: as the API gives names back. */
export function normalName(name: string): string {
  const lower = name
    .toLowerCase()
    .replace(/[^a-z0-9_.\\-]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return lower.endsWith('.') ? lower : `${lower}.`
}

/** `sip1.voice.example.com.` to `com.example.voice.sip1.` */
export function reversed(name: string): string {
  return `${name.slice(0, -1).split('.').reverse().join('.')}.`
}

function compareSets(a: FakeSet, b: FakeSet): number {
  const order = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0)
  return (
    order(reversed(a.name), reversed(b.name)) ||
    order(a.type, b.type) ||
    order(a.setIdentifier ?? '', b.setIdentifier ?? '')
  )
}
