import type { DomainName } from '../../src/core/brand.ts'
import { CLASS, RCODE, TYPE } from '../../src/wire/dns/constants.ts'
import { isSubdomain } from '../../src/wire/dns/name.ts'
import type { Message, MessageRecord } from '../../src/wire/dns/read-message.ts'

export interface StoredSet {
  readonly name: DomainName
  readonly type: number
  readonly ttl: number
  /** Uncompressed rdata. */
  readonly octets: readonly Uint8Array[]
}

/** A zone that takes updates, in memory; written after RFC 2136 section 3, apart from the code under test. */
export class UpdatableZone {
  readonly apex: DomainName
  readonly sets = new Map<string, StoredSet>()
  serial = 1

  constructor(apex: DomainName) {
    this.apex = apex
  }

  get(name: DomainName, type: number): StoredSet | undefined {
    return this.sets.get(`${name} ${type}`)
  }

  has(name: DomainName): boolean {
    return name === this.apex || [...this.sets.values()].some((set) => set.name === name)
  }

  put(set: StoredSet): void {
    this.sets.set(`${set.name} ${set.type}`, set)
    this.serial++
  }

  remove(name: DomainName, type: number): void {
    if (this.sets.delete(`${name} ${type}`)) this.serial++
  }

  /** The RCODE of an update; changes are made only with NOERROR, all of them. */
  update({ questions, answers, authorities }: Message): number {
    const [zone] = questions
    if (zone === undefined || zone.type !== TYPE.SOA) return RCODE.FORMERR
    if (zone.name !== this.apex) return RCODE.NOTAUTH
    const failed = this.#prerequisites(answers)
    if (failed !== RCODE.NOERROR) return failed
    if (authorities.some(({ name }) => !isSubdomain(name, this.apex))) return RCODE.NOTZONE
    const before = JSON.stringify([...this.sets])
    for (const record of authorities) this.#step(record)
    if (JSON.stringify([...this.sets]) !== before) this.serial++
    return RCODE.NOERROR
  }

  /** RFC 2136 section 3.2.5. */
  #prerequisites(records: readonly MessageRecord[]): number {
    const exact = new Map<string, MessageRecord[]>()
    for (const record of records) {
      const { name, type, ttl, octets } = record
      if (ttl !== 0) return RCODE.FORMERR
      if (!isSubdomain(name, this.apex)) return RCODE.NOTZONE
      const there = type === TYPE.ANY ? this.has(name) : this.get(name, type) !== undefined
      if (record.class === CLASS.ANY || record.class === CLASS.NONE) {
        if (octets.length > 0) return RCODE.FORMERR
        if (record.class === CLASS.ANY && !there) return type === TYPE.ANY ? RCODE.NXDOMAIN : RCODE.NXRRSET
        if (record.class === CLASS.NONE && there) return type === TYPE.ANY ? RCODE.YXDOMAIN : RCODE.YXRRSET
      } else {
        const key = `${name} ${type}`
        exact.set(key, [...(exact.get(key) ?? []), record])
      }
    }
    for (const [key, wanted] of exact) {
      const there = this.sets.get(key)?.octets ?? []
      if (texts(there).join() !== texts(wanted.map(({ octets }) => octets)).join()) return RCODE.NXRRSET
    }
    return RCODE.NOERROR
  }

  /** Section 3.4.2, as far as the code under test goes; no data beside a CNAME. */
  #step({ name, type, class: recordClass, ttl, octets }: MessageRecord): void {
    const key = `${name} ${type}`
    if (recordClass === CLASS.ANY) {
      this.sets.delete(key)
      return
    }
    const cname = this.get(name, TYPE.CNAME) !== undefined
    if (cname !== (type === TYPE.CNAME) && (cname || this.has(name))) {
      if (cname || type === TYPE.CNAME) return
    }
    const same = this.sets.get(key)?.octets ?? []
    this.sets.set(key, { name, type, ttl, octets: [...same, octets] })
  }
}

function texts(all: readonly Uint8Array[]): string[] {
  return all.map((octets) => Buffer.from(octets).toString('latin1').toLowerCase()).sort()
}
