import type { RateLimitSettings } from '../../core/dns-settings.ts'
import type { ClientAddress } from './client-address.ts'
import { Networks } from './networks.ts'

/** What becomes of a reply. */
export const SEND = 0
/** Over the limit: sent in a form that a forged query gains nothing by and a real client can go on from. */
export const SLIP = 1
/** Over the limit: not sent. */
export const WITHHOLD = 2

/** What a reply says, which is how it is counted. */
export const REPLY = { ANSWER: 0, REFERRAL: 1, DENIAL: 2, ERROR: 3 } as const

/** All replies to a network together. */
const EVERYTHING = 4

/** Places that a key may have; the one longest unused gives way to a newcomer. */
const WAYS = 4

const HEAD_OCTETS = 16
const SLIPPED = 0
const WITHHELD = 1

/** The memory of one limiter, which every thread shares: a flood from one address is counted as one, whichever threads it reaches. */
export function limiterMemory(settings: Pick<RateLimitSettings, 'tableSize'>): SharedArrayBuffer {
  const places = placesOf(settings.tableSize)
  return new SharedArrayBuffer(HEAD_OCTETS + places * (8 + 8 + 4 + 4 + 4))
}

function placesOf(tableSize: number): number {
  let places = WAYS
  while (places < tableSize) places *= 2
  return places
}

/**
 * Response rate limiting, as BIND, Knot and NSD know it: a server that answers forged queries is a weapon, so replies to one client
 * network are counted, and what is too much is not sent.
 *
 * | reply                              | counted by network and      |
 * |------------------------------------|-----------------------------|
 * | an answer                          | name (a wildcard's names are one) and type |
 * | a referral                         | the delegated name          |
 * | NXDOMAIN, NODATA                   | the zone                    |
 * | anything that speaks of no name    | nothing else                |
 *
 * Each count is a balance: a second brings the rate, a reply takes one, and a debt of up to a window's worth is remembered, so that a
 * flood gets nothing until it has ebbed. The table has its size from the start. Threads write to it without locks: a count that is lost
 * between two of them lets one reply more or less through.
 */
export class RateLimiter {
  readonly #rates: readonly number[]
  readonly #windowMs: number
  readonly #slip: number
  readonly #ipv4Octets: PrefixMask
  readonly #ipv6Octets: PrefixMask
  readonly #exempt: Networks
  readonly #seed: number
  readonly #mask: number
  readonly #counts: Int32Array
  readonly #balances: Float64Array
  readonly #stampsMs: Float64Array
  readonly #keys: Int32Array
  readonly #prints: Int32Array
  readonly #limited: Int32Array

  /** `seed`: 32 bits by chance, the same for all threads, so that nobody outside can choose addresses that meet in one place. */
  constructor(settings: RateLimitSettings, memory: SharedArrayBuffer, seed: number) {
    const { answersPerS, referralsPerS, denialsPerS, errorsPerS, allPerS } = settings
    this.#rates = [answersPerS, referralsPerS, denialsPerS, errorsPerS, allPerS]
    this.#windowMs = settings.windowS * 1000
    this.#slip = settings.slip
    this.#ipv4Octets = prefixMask(settings.ipv4PrefixLength, 4)
    this.#ipv6Octets = prefixMask(settings.ipv6PrefixLength, 16)
    this.#exempt = new Networks(settings.exempt)
    this.#seed = seed
    const places = placesOf(settings.tableSize)
    this.#mask = places / WAYS - 1
    this.#counts = new Int32Array(memory, 0, 2)
    this.#balances = new Float64Array(memory, HEAD_OCTETS, places)
    this.#stampsMs = new Float64Array(memory, HEAD_OCTETS + places * 8, places)
    this.#keys = new Int32Array(memory, HEAD_OCTETS + places * 16, places)
    this.#prints = new Int32Array(memory, HEAD_OCTETS + places * 20, places)
    this.#limited = new Int32Array(memory, HEAD_OCTETS + places * 24, places)
  }

  /** Replies over the limit since the start, of all threads: those that were sent short, and those that were not sent. */
  counts(): { readonly slipped: number; readonly withheld: number } {
    return {
      slipped: Atomics.load(this.#counts, SLIPPED) >>> 0,
      withheld: Atomics.load(this.#counts, WITHHELD) >>> 0,
    }
  }

  /** Counts a reply of this kind and says what becomes of it. `subject`: a number for the name or zone that it is about. */
  judge(client: ClientAddress, kind: number, subject: number, nowMs: number): number {
    const network = this.#hashNetwork(client)
    const limited =
      this.#take(network, kind, kind === REPLY.ERROR ? 0 : subject, nowMs) ||
      this.#take(network, EVERYTHING, 0, nowMs)
    if (limited === 0 || this.#exempt.holds(client)) return SEND
    const slips = this.#slip > 0 && limited % this.#slip === 0
    Atomics.add(this.#counts, slips ? SLIPPED : WITHHELD, 1)
    return slips ? SLIP : WITHHOLD
  }

  /** Takes one from a balance; 0 when it could be had, else how manieth over the limit it is. */
  #take(network: number, kind: number, subject: number, nowMs: number): number {
    const rate = this.#rates[kind] ?? 0
    if (rate === 0) return 0
    const key = mix(mix(network, kind + 1), subject)
    const print = mix(mix(key ^ this.#seed, network), subject ^ kind)
    const place = this.#place(key, print, rate, nowMs)
    const elapsedMs = Math.max(0, nowMs - (this.#stampsMs[place] ?? 0))
    const earned = (this.#balances[place] ?? 0) + (elapsedMs * rate) / 1000
    const balance = Math.max(Math.min(earned, rate) - 1, (-rate * this.#windowMs) / 1000)
    this.#balances[place] = balance
    this.#stampsMs[place] = nowMs
    if (balance >= 0) return 0
    const count = ((this.#limited[place] ?? 0) + 1) & 0x7fffffff
    this.#limited[place] = count
    return count === 0 ? 1 : count
  }

  /** Where the balance of this key is, made anew where it is not. */
  #place(key: number, print: number, rate: number, nowMs: number): number {
    const first = (key & this.#mask) * WAYS
    let oldest = first
    for (let place = first; place < first + WAYS; place++) {
      if (this.#keys[place] === key && this.#prints[place] === print) return place
      if ((this.#stampsMs[place] ?? 0) < (this.#stampsMs[oldest] ?? 0)) oldest = place
    }
    this.#keys[oldest] = key
    this.#prints[oldest] = print
    this.#balances[oldest] = rate
    this.#stampsMs[oldest] = nowMs
    this.#limited[oldest] = 0
    return oldest
  }

  #hashNetwork({ octets, length }: ClientAddress): number {
    const { whole, rest } = length === 4 ? this.#ipv4Octets : this.#ipv6Octets
    let hash = mix(this.#seed, length)
    for (let i = 0; i < whole; i++) hash = mix(hash, octets[i] ?? 0)
    return rest === 0 ? hash : mix(hash, (octets[whole] ?? 0) & rest)
  }
}

interface PrefixMask {
  readonly whole: number
  /** Mask of the octet behind the whole ones; 0: none. */
  readonly rest: number
}

function prefixMask(bits: number, octets: number): PrefixMask {
  const whole = Math.min(bits >> 3, octets)
  return { whole, rest: whole === octets ? 0 : (0xff00 >> (bits & 7)) & 0xff }
}

/** Murmur3's way to stir a 32-bit value into a hash. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  let h = hash ^ k
  h = (h << 13) | (h >>> 19)
  h = (Math.imul(h, 5) + 0xe6546b64) | 0
  return h ^ (h >>> 16)
}
