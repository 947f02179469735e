import type { DomainName } from '../../core/brand.ts'
import type { NotifySettings, NotifyTarget } from '../../core/dns-settings.ts'
import { difference } from '../../core/paged-map.ts'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import type { TsigKey } from '../../wire/dns/tsig/key.ts'
import { soaOf, type ZoneRecord } from '../../zone/journal.ts'
import { idOfReply, judgeReply, type NotifyMessage, notifyMessage } from './message.ts'

export interface NotifierDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Sends one datagram; what is lost is sent again. */
  readonly send: (bytes: Uint8Array, to: SocketAddress) => void
  /** The publisher's word in `zones.*.publish`. */
  readonly publisher: string
}

/** NOTIFY messages: datagrams sent, serials acknowledged, serials that nobody acknowledged in time; and those still under way. */
export interface NotifyCounts {
  readonly sent: number
  readonly acknowledged: number
  readonly lost: number
  readonly pending: number
}

/** Zones of which one secondary is told at a time: with ten thousand of them, all at once would be a flood. */
const WINDOW = 32

/** Pauses double up to this. */
const PAUSE_MAX_MS = 60_000

interface Flight {
  readonly soa: ZoneRecord
  readonly serial: number
  readonly id: number
  readonly message: NotifyMessage
  tries: number
  /** What the secondary said against it last. */
  fault: string | undefined
  cancel: () => void
}

/** One secondary: what it has still to be told. */
interface Peer {
  readonly target: NotifyTarget
  readonly key: TsigKey | undefined
  /** The newest word on each zone, in the order it came; a later one takes an earlier one's place. */
  readonly waiting: Map<DomainName, { readonly soa: ZoneRecord; readonly serial: number }>
  readonly flying: Map<DomainName, Flight>
  /** Serials that are on their way or were told. */
  readonly told: Map<DomainName, number>
}

/**
 * Tells secondaries that zones moved (RFC 1996), once a serial, until they acknowledge it. A zone that moves again meanwhile is told with
 * its new serial at once, and the old one is not repeated.
 */
export class Notifier {
  readonly #settings: NotifySettings
  readonly #deps: NotifierDeps
  readonly #peers: readonly Peer[]
  #seen: Snapshot['zones'] = new Map()
  #sent = 0
  #acknowledged = 0
  #lost = 0

  constructor(settings: NotifySettings, keys: ReadonlyMap<DomainName, TsigKey>, deps: NotifierDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#peers = settings.targets.map((target) => ({
      target,
      key: target.key === undefined ? undefined : keys.get(target.key),
      waiting: new Map(),
      flying: new Map(),
      told: new Map(),
    }))
  }

  /** Tells of what moved since the last call; at the first, of every zone (RFC 1996 section 4.5). */
  publish(snapshot: Snapshot): void {
    const { changed, gone } = difference(this.#seen, snapshot.zones)
    this.#seen = snapshot.zones
    for (const origin of changed) {
      const zone = snapshot.zones.get(origin)
      if (zone === undefined) continue
      const soa = zone.publish.includes(this.#deps.publisher) ? soaOf(zone) : undefined
      if (soa === undefined) continue
      for (const peer of this.#peers) {
        if (peer.target.zones?.includes(origin) === false || peer.told.get(origin) === zone.serial) continue
        peer.told.set(origin, zone.serial)
        peer.waiting.set(origin, { soa, serial: zone.serial })
        this.#land(peer, origin)
      }
    }
    for (const peer of this.#peers) {
      for (const origin of gone) {
        if (!peer.told.delete(origin)) continue
        peer.waiting.delete(origin)
        this.#land(peer, origin)
      }
      this.#fill(peer)
    }
  }

  /** Takes a datagram that came; anybody may have sent it. Never throws. */
  receive(bytes: Uint8Array, from: SocketAddress): void {
    const id = idOfReply(bytes)
    if (id === undefined) return
    for (const peer of this.#peers) {
      const { to } = peer.target
      if (to.address !== from.address || to.port !== from.port) continue
      for (const [origin, flight] of [...peer.flying]) {
        if (flight.id === id) this.#take(peer, origin, flight, bytes)
      }
    }
  }

  /** What is still to be acknowledged, over all secondaries. */
  get pending(): number {
    return this.#peers.reduce((sum, { waiting, flying }) => sum + waiting.size + flying.size, 0)
  }

  get counts(): NotifyCounts {
    return { sent: this.#sent, acknowledged: this.#acknowledged, lost: this.#lost, pending: this.pending }
  }

  close(): void {
    for (const peer of this.#peers) {
      peer.waiting.clear()
      for (const origin of [...peer.flying.keys()]) this.#land(peer, origin)
    }
  }

  #take(peer: Peer, origin: DomainName, flight: Flight, bytes: Uint8Array): void {
    const { mac } = flight.message
    const signed = peer.key === undefined || mac === undefined ? undefined : { key: peer.key, mac }
    const word = judgeReply(bytes, origin, signed, this.#deps.clock.nowMs())
    if (word === 'nothing') return
    if (word !== 'acknowledged') {
      // It may be about to load the zone: go on asking, and say at the end why it was in vain.
      flight.fault = word.fault
      return
    }
    this.#acknowledged++
    const fields = { zone: origin, serial: flight.serial, to: where(peer.target.to), tries: flight.tries }
    this.#deps.logger.debug(
      'notify.acknowledged',
      fields,
      `${fields.to} knows of serial ${flight.serial} of ${origin}`,
    )
    this.#land(peer, origin)
    this.#fill(peer)
  }

  #fill(peer: Peer): void {
    for (const [origin, { soa, serial }] of peer.waiting) {
      if (peer.flying.size >= WINDOW) return
      peer.waiting.delete(origin)
      const id = Math.floor(this.#deps.random.next() * 0x10000)
      const message = notifyMessage(id, soa, peer.key, this.#deps.clock.nowMs())
      const flight: Flight = { soa, serial, id, message, tries: 0, fault: undefined, cancel: () => {} }
      peer.flying.set(origin, flight)
      this.#try(peer, origin, flight)
    }
  }

  /** RFC 1996 section 3.6: until an answer comes, with pauses that grow. */
  #try(peer: Peer, origin: DomainName, flight: Flight): void {
    const pauseMs = Math.min(this.#settings.timeoutMs * 2 ** flight.tries, PAUSE_MAX_MS)
    flight.tries++
    this.#sent++
    this.#deps.send(flight.message.bytes, peer.target.to)
    flight.cancel = this.#deps.timers.after(pauseMs, () => {
      if (flight.tries <= this.#settings.retries) this.#try(peer, origin, flight)
      else this.#giveUp(peer, origin, flight)
    })
  }

  #giveUp(peer: Peer, origin: DomainName, flight: Flight): void {
    this.#lost++
    const to = where(peer.target.to)
    const why = flight.fault ?? 'no answer'
    this.#deps.logger.warn(
      'notify.gave-up',
      { zone: origin, serial: flight.serial, to, tries: flight.tries, why },
      `${to} did not acknowledge serial ${flight.serial} of ${origin} (${why}); it will find it at its next refresh`,
    )
    this.#land(peer, origin)
    this.#fill(peer)
  }

  #land(peer: Peer, origin: DomainName): void {
    peer.flying.get(origin)?.cancel()
    peer.flying.delete(origin)
  }
}

function where({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
