import type { Clock, Timers } from '../../core/ports.ts'
import type { Channel, ChannelEvents } from './channel.ts'
import type { SocketFault } from './errno-reasons.ts'
import { Expectations, type StrayCounts } from './expectations.ts'
import { KeepAlive } from './keep-alive.ts'
import type { LostConnection, SipEndpoint } from './sip-transports.ts'
import { StreamChannel } from './stream-channel.ts'
import { UdpChannel } from './udp-channel.ts'
import { WsChannel } from './ws-channel.ts'

export interface PoolLimits {
  /** Sockets at once; over it, idle ones make room. */
  readonly maxSockets: number
  /** A kept connection older than this is replaced: only a new one shows that new ones are accepted, and today's certificate. */
  readonly maxAgeMs: number
  /** A socket used only once is closed after this. */
  readonly firstIdleMs: number
}

export const DEFAULT_LIMITS: PoolLimits = { maxSockets: 4096, maxAgeMs: 600_000, firstIdleMs: 60_000 }

/** How often idle sockets are looked for, and the bounds of how long one may idle. */
const SWEEP_MS = 5000
const MIN_IDLE_MS = 10_000
const MAX_IDLE_MS = 600_000
/** A socket outlives its usual pause twice over, and then some. */
const IDLE_FACTOR = 2.5

/** The use of a channel by one question. */
export interface Lease {
  readonly channel: Channel
  /** It was open already: an earlier question went over it. */
  readonly reused: boolean
  readonly entry: Entry
}

/** A channel with its bookkeeping; only the pool touches it. */
interface Entry {
  readonly key: string
  readonly channel: Channel
  readonly openedMs: number
  users: number
  lastUsedMs: number
  longestPauseMs: number
  /** Replaced by a newer one: closes with its last user. */
  retired: boolean
  readonly keepAlive: KeepAlive
}

/** Channels by endpoint: opened on demand, shared, bounded in number, closed when idle. */
export class ChannelPool {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #limits: PoolLimits
  readonly #counts: StrayCounts
  readonly #onLost: (lost: LostConnection) => void
  /** Least recently used first. */
  readonly #current = new Map<string, Entry>()
  readonly #all = new Set<Entry>()
  readonly #closing = new Set<Promise<void>>()
  #cancelSweep: (() => void) | undefined

  constructor(
    ports: { readonly clock: Clock; readonly timers: Timers },
    limits: PoolLimits,
    counts: StrayCounts,
    onLost: (lost: LostConnection) => void,
  ) {
    this.#clock = ports.clock
    this.#timers = ports.timers
    this.#limits = limits
    this.#counts = counts
    this.#onLost = onLost
  }

  get size(): number {
    return this.#all.size
  }

  /** The endpoint's channel, opened where there is none; `fresh` always opens one, which takes the old one's place. */
  acquire(endpoint: SipEndpoint, how: 'shared' | 'fresh'): Lease | SocketFault {
    const key = endpointKey(endpoint)
    const nowMs = this.#clock.nowMs()
    const kept = this.#current.get(key)
    if (kept !== undefined && how === 'shared' && !this.#tooOld(kept, nowMs)) {
      if (kept.users === 0) kept.longestPauseMs = Math.max(kept.longestPauseMs, nowMs - kept.lastUsedMs)
      kept.users++
      kept.keepAlive.used()
      this.#current.delete(key)
      this.#current.set(key, kept)
      return { channel: kept.channel, reused: kept.channel.phase === 'open', entry: kept }
    }
    if (kept !== undefined) this.#retire(kept)
    if (this.#all.size >= this.#limits.maxSockets && !this.#evict()) {
      return { reason: 'no-resources', detail: `all ${this.#limits.maxSockets} sockets are in use` }
    }
    return this.#open(key, endpoint, nowMs)
  }

  release({ entry }: Lease): void {
    entry.users--
    entry.lastUsedMs = this.#clock.nowMs()
    if (entry.users > 0) return
    // Nobody waits for a connection still being made: a dead host must not hold sockets.
    if (entry.retired || entry.channel.phase !== 'open') {
      this.#close(entry)
    }
  }

  async close(): Promise<void> {
    for (const entry of [...this.#all]) this.#close(entry)
    await Promise.all(this.#closing)
  }

  #open(key: string, endpoint: SipEndpoint, nowMs: number): Lease {
    const expectations = new Expectations(this.#counts)
    const events: ChannelEvents = {
      onGone: (fault) => this.#gone(entry, fault),
      onPong: () => entry.keepAlive.pong(this.#clock.nowMs()),
    }
    const channel = openChannel(endpoint, expectations, events, this.#counts)
    const entry: Entry = {
      key,
      channel,
      openedMs: nowMs,
      users: 1,
      lastUsedMs: nowMs,
      longestPauseMs: 0,
      retired: false,
      keepAlive: new KeepAlive(),
    }
    this.#current.set(key, entry)
    this.#all.add(entry)
    this.#cancelSweep ??= this.#timers.after(SWEEP_MS, () => this.#sweep())
    return { channel, reused: false, entry }
  }

  #tooOld(entry: Entry, nowMs: number): boolean {
    if (entry.channel.endpoint.transport === 'udp') return false
    return (
      nowMs - entry.openedMs > this.#limits.maxAgeMs || nowMs > (entry.channel.certificateEndsMs ?? Infinity)
    )
  }

  #retire(entry: Entry): void {
    entry.retired = true
    this.#current.delete(entry.key)
    if (entry.users === 0) this.#close(entry)
  }

  /** Makes room by closing the socket that was idle longest. */
  #evict(): boolean {
    for (const entry of this.#current.values()) {
      if (entry.users > 0) continue
      this.#close(entry)
      return true
    }
    return false
  }

  #gone(entry: Entry, fault: SocketFault): void {
    const idle = entry.users === 0
    this.#close(entry)
    if (idle && (fault.reason === 'closed' || fault.reason === 'reset')) {
      this.#onLost({ endpoint: entry.channel.endpoint, reason: fault.reason })
    }
  }

  #close(entry: Entry): void {
    this.#forget(entry)
    const closing = entry.channel.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #forget(entry: Entry): void {
    if (this.#current.get(entry.key) === entry) this.#current.delete(entry.key)
    this.#all.delete(entry)
    if (this.#all.size > 0) return
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #sweep(): void {
    this.#cancelSweep = this.#timers.after(SWEEP_MS, () => this.#sweep())
    const nowMs = this.#clock.nowMs()
    for (const entry of [...this.#all]) {
      if (entry.users > 0) continue
      if (nowMs - entry.lastUsedMs > this.#idleLimitMs(entry)) this.#close(entry)
      else this.#keepAlive(entry, nowMs)
    }
  }

  #keepAlive(entry: Entry, nowMs: number): void {
    const { channel, keepAlive, lastUsedMs } = entry
    if (channel.ping === undefined || channel.phase !== 'open') return
    const due = keepAlive.due(nowMs, lastUsedMs)
    if (due === 'ping') channel.ping()
    if (due !== 'failed') return
    this.#close(entry)
    this.#onLost({ endpoint: channel.endpoint, reason: 'silent' })
  }

  /** The pauses seen tell the interval, which nobody tells the pool. */
  #idleLimitMs(entry: Entry): number {
    if (entry.longestPauseMs === 0) return this.#limits.firstIdleMs
    return Math.min(Math.max(entry.longestPauseMs * IDLE_FACTOR, MIN_IDLE_MS), MAX_IDLE_MS)
  }
}

function openChannel(
  endpoint: SipEndpoint,
  expectations: Expectations,
  events: ChannelEvents,
  counts: StrayCounts,
): Channel {
  switch (endpoint.transport) {
    case 'udp':
      return new UdpChannel(endpoint, expectations, events)
    case 'tcp':
    case 'tls':
      return new StreamChannel(endpoint, expectations, events, counts)
    case 'ws':
    case 'wss':
      return new WsChannel(endpoint, expectations, events)
  }
}

/** Equal for endpoints that may share a socket. */
function endpointKey(endpoint: SipEndpoint): string {
  const { transport, address, port, source = '', tls, path = '' } = endpoint
  const plain = `${transport} ${source} ${address} ${port} ${path}`
  if (transport !== 'tls' && transport !== 'wss') return plain
  return `${plain} ${tls?.serverName ?? ''} ${tls?.verify ?? true} ${tls?.ca ?? ''}`
}
