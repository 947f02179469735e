import { randomBytes } from 'node:crypto'
import type { Clock, Timers } from '../../core/ports.ts'
import type { RandomBytes } from '../../wire/sip/ids.ts'
import { ChannelPool, DEFAULT_LIMITS, type PoolLimits } from './channel-pool.ts'
import type { SocketFault } from './errno-reasons.ts'
import { holdFlow } from './flow.ts'
import type { LostConnection, SipTransports, TransportCounters } from './sip-transports.ts'
import { Transaction, type TransactionDeps } from './transaction.ts'

export interface SipTransportsDeps {
  readonly clock: Clock
  readonly timers: Timers
  /** Default: the system's cryptographic source. Branches must not be guessed, so nothing weaker in production. */
  readonly randomBytes?: RandomBytes
  readonly limits?: Partial<PoolLimits>
}

const CLOSED: SocketFault = { reason: 'aborted', detail: 'the transports are closed' }

/** The sockets of one process. Opens nothing before the first question. */
export function createSipTransports(deps: SipTransportsDeps): SipTransports {
  const counts = { malformed: 0, foreign: 0, requests: 0, reconnects: 0 }
  const listeners = new Set<(lost: LostConnection) => void>()
  const running = new Set<Transaction>()
  const pool = new ChannelPool(deps, { ...DEFAULT_LIMITS, ...deps.limits }, counts, (lost) => {
    for (const listener of listeners) listener(lost)
  })
  const transactionDeps: TransactionDeps = {
    clock: deps.clock,
    timers: deps.timers,
    randomBytes: deps.randomBytes ?? randomBytes,
    pool,
    onReconnect: () => {
      counts.reconnects++
    },
    onSettled: (transaction) => running.delete(transaction),
  }
  let closed = false
  return {
    ask(endpoint, question, context) {
      if (closed) return Promise.resolve({ kind: 'failure', ...CLOSED, attempts: 0 })
      const transaction = new Transaction(transactionDeps, endpoint, question, context)
      running.add(transaction)
      return transaction.run()
    },
    hold(endpoint, how, context) {
      if (closed) return Promise.resolve({ kind: 'failure', fault: CLOSED })
      return holdFlow(transactionDeps, endpoint, how, context)
    },
    onLost(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    get counters(): TransportCounters {
      return { ...counts }
    },
    get sockets() {
      return pool.size
    },
    async close() {
      closed = true
      for (const transaction of running) transaction.abort()
      await pool.close()
    },
  }
}
