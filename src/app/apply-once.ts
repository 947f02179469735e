import { SipvaneError } from '../core/errors.ts'
import type { Logger } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import { createApp } from './app.ts'
import { type OnceOptions, type OnceResult, reconcileOnce } from './reconcile-once.ts'

/**
 * The cron job: asks every target until its verdict is clear, brings the providers to what follows, and ends. With `state:` the health
 * is remembered from run to run, so that a target falls and rises over several of them as it would in one.
 * Rejects with a `SipvaneError` where a probe cannot work here, and where nothing at all answers, or a pool has no address at all.
 */
export async function* applyOnce(
  settings: Settings,
  options: OnceOptions,
  deps: { readonly logger: Logger; readonly version: string },
): AsyncGenerator<OnceResult> {
  // Nothing is answered meanwhile, and the updaters of a running instance act on their own time: here it is one pass.
  const { dns: _dns, admin: _admin, hooks: _hooks, ...rest } = settings
  const app = createApp({ ...rest, providers: new Map() }, deps)
  await app.start()
  try {
    await app.settled()
    if (app.status().blind)
      throw new SipvaneError(
        'apply-blind',
        'nothing answers: our own network is the likely fault; nothing is changed',
        {
          retryable: true,
        },
      )
    for (const [name, { targets }] of Object.entries(app.status().pools)) {
      if (Object.values(targets).every(({ addresses }) => addresses.length === 0))
        throw new SipvaneError('address-unknown', `no address of ${name} is found; nothing is changed`, {
          retryable: true,
        })
    }
    const snapshot = app.snapshot()
    if (snapshot === undefined) throw new Error('a started app without a snapshot')
    yield* reconcileOnce(settings, snapshot, options)
  } finally {
    await app.stop()
  }
}
