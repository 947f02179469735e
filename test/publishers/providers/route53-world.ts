import { silentLogger } from '../../../src/core/ports.ts'
import type { Provider } from '../../../src/publishers/providers/definition.ts'
import { route53 } from '../../../src/publishers/providers/route53.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import type { Wanted } from '../../../src/publishers/reconcile/wanted.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { realClock } from '../../support/provider-driver.ts'
import {
  createRoute53Server,
  FAKE_KEYS,
  type Route53Server,
  type Route53ServerOptions,
} from '../../support/route53-server.ts'
import { seededRandom } from '../../support/virtual-time.ts'

export const ORIGIN = canonicalName('voice.example.com.')
export const KEYS = FAKE_KEYS
export const signal = new AbortController().signal

/** What `cleanUp` is to undo. */
export const cleanups: (() => Promise<unknown>)[] = []

/** Undoes what a test opened, the last first; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
}

/** A fake of the API, closed by `cleanUp`. */
export async function serve(options?: Route53ServerOptions): Promise<Route53Server> {
  const server = await createRoute53Server(options)
  cleanups.push(() => server.close())
  return server
}

interface Rig {
  readonly provider: Provider
  readonly pace: Pacer
  readonly reconciler: Reconciler
  /** Until nothing is left to do; errors are thrown. */
  bring(wanted: Wanted): Promise<number>
}

/** A provider that talks to it, and a reconciler over both. */
export function rig(server: Route53Server, settings: Record<string, unknown> = KEYS): Rig {
  const options = route53.options.parse({ hostedZoneId: 'Z1', endpoint: server.endpoint, ...settings })
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, realClock, realClock)
  const deps = { clock: realClock, timers: realClock, random: seededRandom(1), logger: silentLogger, pace }
  const provider = route53.create(options, deps)
  const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
  cleanups.push(() => provider.close())
  const bring = async (wanted: Wanted) => {
    for (let batches = 0; ; batches++) {
      await reconciler.prepare(wanted, signal)
      const plan = reconciler.plan(wanted)
      if (plan.changes.length === 0) return batches
      await reconciler.apply(reconciler.nextBatch(plan), signal)
    }
  }
  return { provider, pace, reconciler, bring }
}
