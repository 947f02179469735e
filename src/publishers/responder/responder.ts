import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { DnsSettings, SocketAddress, TcpSettings } from '../../core/settings.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import type { Publisher } from '../publisher.ts'
import { Answerer } from './answerer.ts'
import { policyOf, policySeed } from './policy.ts'
import { AnswerStore, PUBLISHER_NAME } from './store.ts'
import { type ResponderCounters, Tally } from './tally.ts'
import { TCP_LIMITS, TcpListeners } from './tcp.ts'
import { UdpListener } from './udp.ts'

/** An address of `dns.listen` cannot be had; codes `listen-in-use`, `listen-denied`, `listen-no-address`, `listen-failed`. */
export class ListenError extends SipvaneError {}

/** The authoritative server (RFC 1034 section 4.3) of the zones that publish to `dns`. */
export interface Responder extends Publisher {
  /** Binds every address, UDP and TCP. Rejects with `ListenError`, and then holds none. To be called when a snapshot is published. */
  listen(): Promise<void>
  /** Answers from this snapshot from the next query on. Before the first, everything is SERVFAIL. */
  publish(snapshot: Snapshot): void
  /** The addresses in use, with the port that the system chose where 0 was asked for; empty before `listen`. */
  addresses(): readonly SocketAddress[]
  counters(): ResponderCounters
  /** Stops taking queries, and ends open connections within two seconds. */
  close(): Promise<void>
}

export interface ResponderDeps {
  readonly logger: Logger
  readonly random: Random
  readonly timers?: Timers
  /** Default the system's. Cookies and rate limits go by it. */
  readonly clock?: Clock
  /** Instead of the settings' own. */
  readonly limits?: Partial<TcpSettings>
}

const CLOSE_GRACE_MS = 2_000

/** UDP and TCP must share a port (RFC 7766 section 5), and the one that the system finds free for UDP may be taken for TCP. */
const PORT_TRIES = 20

const systemTimers: Timers = {
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

const systemClock: Clock = { nowMs: () => performance.timeOrigin + performance.now() }

export function createResponder(settings: DnsSettings, deps: ResponderDeps): Responder {
  const { logger, random, timers = systemTimers, clock = systemClock } = deps
  const tally = new Tally()
  const store = new AnswerStore({ defer: setImmediate })
  const policy = policyOf(policySeed(settings))
  const answerer = new Answerer({ random, logger, tally, clock, policy })
  const listenerDeps = { answerer, tally, logger }
  const tcp = new TcpListeners(listenerDeps, timers, { ...TCP_LIMITS, ...settings.tcp, ...deps.limits })
  const udp: UdpListener[] = []
  const bound: SocketAddress[] = []
  let closing: Promise<void> | undefined

  function publish(snapshot: Snapshot): void {
    store.publish(snapshot)
    answerer.context.view = store.view
  }

  async function listen(): Promise<void> {
    store.finish()
    try {
      for (const address of settings.listen) bound.push(await bindBoth(address))
    } catch (error) {
      await close()
      throw error
    }
    logger.info('dns.listening', { addresses: bound }, `answering DNS on ${bound.map(format).join(', ')}`)
  }

  async function bindBoth(address: SocketAddress): Promise<SocketAddress> {
    for (let tries = 1; ; tries++) {
      const socket = new UdpListener(address.address, listenerDeps)
      try {
        await socket.bind(address)
        const shared = { address: address.address, port: socket.port }
        await tcp.bind(shared)
        udp.push(socket)
        return shared
      } catch (error) {
        await socket.close()
        const again = address.port === 0 && errnoOf(error) === 'EADDRINUSE' && tries < PORT_TRIES
        if (!again) throw listenError(address, error)
      }
    }
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      await Promise.all([...udp.map((socket) => socket.close()), tcp.close(CLOSE_GRACE_MS)])
      bound.length = 0
    })()
    return closing
  }

  return {
    name: PUBLISHER_NAME,
    listen,
    publish,
    addresses: () => [...bound],
    counters: () => tally.counters(policy.limiter),
    close,
  }
}

function listenError(address: SocketAddress, cause: unknown): ListenError {
  const where = `cannot answer DNS on ${format(address)}`
  switch (errnoOf(cause)) {
    case 'EADDRINUSE':
      return new ListenError('listen-in-use', `${where}: another program has that address and port`, {
        cause,
        retryable: true,
      })
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        'listen-denied',
        `${where}: not permitted; ports below 1024 want CAP_NET_BIND_SERVICE or root`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
      return new ListenError('listen-no-address', `${where}: this host has no such address`, {
        cause,
        retryable: true,
      })
    default:
      return new ListenError('listen-failed', `${where}: ${messageOf(cause)}`, { cause })
  }
}

function format({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
