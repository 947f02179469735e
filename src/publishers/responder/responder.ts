import type { DnsSettings, TcpSettings } from '../../core/dns-settings.ts'
import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import type { Publisher } from '../publisher.ts'
import { timeOfDay } from '../time-of-day.ts'
import { Answerer } from './answerer.ts'
import { BatchThreads } from './batch/threads.ts'
import type { ResponderCounters } from './counters.ts'
import { policyOf, policySeed } from './policy.ts'
import { Publishing } from './publishing.ts'
import { Secondaries } from './secondaries.ts'
import { AnswerStore, PUBLISHER_NAME } from './store.ts'
import { Tally } from './tally.ts'
import { TCP_LIMITS, TcpListeners } from './tcp.ts'
import { countedRefusals, refusalLog } from './transfer/refusal-log.ts'
import { DgramSide, type UdpSide } from './udp.ts'

/**
 * An address of `dns.listen` cannot be had, or `dns.io: batch` cannot; codes `listen-in-use`, `listen-denied`, `listen-no-address`,
 * `listen-failed`, `listen-no-batch`.
 */
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
  /** Default the time of day (durations: a clock without steps): cookies and signatures are compared with what other hosts take for the time. */
  readonly clock?: Clock
  /** Instead of the settings' own. */
  readonly limits?: Partial<TcpSettings>
  /** The compiled code of a thread that answers. Default: beside this file's. */
  readonly workerUrl?: URL
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

/** Without steps, for durations. */
const systemClock: Clock = { nowMs: () => performance.now() }

export function createResponder(settings: DnsSettings, deps: ResponderDeps): Responder {
  const steady = deps.clock ?? systemClock
  const { logger, random, timers = systemTimers, clock = timeOfDay } = deps
  const tally = new Tally()
  const store = new AnswerStore({
    readers: settings.workers,
    onLayout: (images) => threads?.tell(images),
    defer: (next) =>
      setImmediate(() => {
        next()
        publishing.settle(store.size.pending)
      }),
  })
  const publishing = new Publishing(steady)
  const seed = policySeed(settings)
  const log = refusalLog(logger, steady)
  const refusals = countedRefusals(tally, log)
  const policy = policyOf(seed, refusals)
  const answerer = new Answerer({ random, logger, tally, clock, policy })
  const listenerDeps = { answerer, tally, logger }
  const secondaries = new Secondaries(settings, {
    ...{ clock, timers, random, logger, refusals },
    ready: () => store.size.pending === 0,
  })
  const tcpLimits = { ...TCP_LIMITS, ...settings.tcp, ...deps.limits }
  const tcp = new TcpListeners(listenerDeps, timers, tcpLimits, secondaries.desk)
  const bound: SocketAddress[] = []
  let threads: BatchThreads | undefined
  let udp: UdpSide | undefined
  let closing: Promise<void> | undefined

  function publish(snapshot: Snapshot): void {
    publishing.begin()
    store.publish(snapshot)
    publishing.settle(store.size.pending)
    answerer.context.view = store.view
    secondaries.publish(snapshot)
  }

  async function listen(): Promise<void> {
    store.finish()
    publishing.settle(store.size.pending)
    const io = await chooseIo()
    try {
      for (const address of settings.listen) bound.push(await bindBoth(io.side, address))
      await io.side.start()
    } catch (error) {
      await close()
      throw error
    }
    secondaries.start()
    logger.info(
      'dns.listening',
      { addresses: bound, io: io.name, workers: threads === undefined ? 0 : settings.workers },
      `answering DNS on ${bound.map(format).join(', ')}, UDP ${io.how}`,
    )
  }

  /**
   * | `dns.io` | batches can be had | UDP goes by                    |
   * |----------|--------------------|--------------------------------|
   * | auto     | yes                | batches, in threads            |
   * | auto     | no                 | `node:dgram`; the log says why |
   * | batch    | yes                | batches, in threads            |
   * | batch    | no                 | nothing: `ListenError`         |
   * | dgram    |                    | `node:dgram`                   |
   */
  async function chooseIo(): Promise<{ side: UdpSide; name: string; how: string }> {
    const { io = 'auto', workers } = settings
    const prepared =
      io === 'dgram'
        ? 'dns.io asks for it'
        : await BatchThreads.prepare({
            ...{ store, policy: seed, logger, timers, workers, refusals: log },
            ...(deps.workerUrl === undefined ? {} : { workerUrl: deps.workerUrl }),
          })
    if (typeof prepared !== 'string') {
      threads = prepared
      udp = prepared
      const how = `by batches of system calls in ${workers} ${workers === 1 ? 'thread' : 'threads'}`
      return { side: prepared, name: 'batch', how }
    }
    if (io === 'batch')
      throw new ListenError('listen-no-batch', `dns.io: batch cannot be had here: ${prepared}`)
    udp = new DgramSide(listenerDeps)
    return { side: udp, name: 'dgram', how: `by node:dgram, for ${prepared}` }
  }

  async function bindBoth(side: UdpSide, address: SocketAddress): Promise<SocketAddress> {
    for (let tries = 1; ; tries++) {
      let undo: (() => Promise<void>) | undefined
      try {
        const socket = await side.bind(address)
        undo = socket.undo
        const shared = { address: address.address, port: socket.port }
        await tcp.bind(shared)
        return shared
      } catch (error) {
        await undo?.()
        const again = address.port === 0 && errnoOf(error) === 'EADDRINUSE' && tries < PORT_TRIES
        if (!again) throw listenError(address, error)
      }
    }
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      await Promise.all([udp?.close(), tcp.close(CLOSE_GRACE_MS), secondaries.close()])
      bound.length = 0
    })()
    return closing
  }

  function counters(): ResponderCounters {
    const all = tally.copy()
    udp?.addTo(all)
    return {
      ...all.counters(policy.limiter),
      threads: udp?.byThread() ?? {},
      transfers: secondaries.desk?.counts ?? {},
      notify: secondaries.notifyCounts,
      publishing: publishing.counts,
    }
  }

  return {
    name: PUBLISHER_NAME,
    listen,
    publish,
    addresses: () => [...bound],
    counters,
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
