import type { SocketAddress } from '../../src/core/settings.ts'
import { startBindSecondary } from './bind-secondary.ts'
import { startKnotSecondary } from './knot-secondary.ts'
import { startNsdSecondary } from './nsd-secondary.ts'
import { startPowerDnsSecondary } from './powerdns-secondary.ts'
import type { UpdateKey } from './update-server.ts'

/** What a secondary is set up with. */
export interface SecondaryPlan {
  /** Without the final dot. */
  readonly zones: readonly string[]
  readonly primary: SocketAddress
  /** Signs its questions; another one than `KEY`, which our NOTIFY comes with, has another name. */
  readonly key: UpdateKey
  /** Where it sends its questions from; absent: 127.0.0.1. */
  readonly source?: string
}

/** A real secondary on loopback, its zones not yet there. */
export interface Secondary {
  readonly at: SocketAddress
  output(): string
  stop(): Promise<void>
}

/** `byChanges`: it asks for the changes alone (IXFR), not for the whole zone each time. */
export const SECONDARIES = {
  nsd: { command: 'nsd', package: 'nsd', start: startNsdSecondary, byChanges: true },
  knot: { command: 'knotd', package: 'knot', start: startKnotSecondary, byChanges: true },
  bind: { command: 'named', package: 'bind9', start: startBindSecondary, byChanges: true },
  powerdns: {
    command: 'pdns_server',
    package: 'pdns-backend-lmdb',
    start: startPowerDnsSecondary,
    byChanges: false,
  },
} as const

export type SecondaryKind = keyof typeof SECONDARIES
