import { poolOf, type SipvaneEvent, type Tell } from '../../../core/event.ts'
import type { Logger } from '../../../core/ports.ts'
import type { HookSettings } from '../../../core/settings.ts'
import type { HookError } from '../error.ts'

export interface RunFacts {
  readonly attempts: number
  readonly tookMs: number
  /** Safe to log. */
  readonly steps: readonly string[]
  /** Absent: it worked. */
  readonly error?: HookError
}

/** One line in the log and one event for each run: who did what about which event, and what came of it. */
export function audit(
  settings: HookSettings,
  event: SipvaneEvent,
  { attempts, tookMs, steps, error }: RunFacts,
  { logger, tell }: { readonly logger: Logger; readonly tell: Tell },
): void {
  const { name, kind, dryRun } = settings
  const pool = poolOf(event)
  const common = { hook: name, kind, of: event.id, ...(pool === undefined ? {} : { pool }), attempts, tookMs }
  const about = pool === undefined ? event.type : `${event.type} of ${pool}`
  if (error?.fault === 'stopped') {
    logger.info('hook.stopped', { ...common, steps }, `hook ${name} stopped in the middle of ${about}`)
    return
  }
  const done = steps.length === 0 ? 'nothing to do' : steps.join('; ')
  const prefix = dryRun ? 'dry run: ' : ''
  if (error === undefined) {
    const text = `hook ${name} acted on ${about} in ${tookMs} ms: ${prefix}${done}`
    logger.info('hook.ran', { ...common, dryRun, steps }, text)
  } else {
    const text = `hook ${name} failed at ${about} for good after ${attempts} attempts: ${error.message}`
    logger.error('hook.failed', { ...common, dryRun, steps, code: error.code }, text)
  }
  // A report on a report would never end.
  if (event.type === 'hook.ran' || event.type === 'hook.failed') return
  tell({
    type: error === undefined ? 'hook.ran' : 'hook.failed',
    ...common,
    detail: error === undefined ? prefix + done : error.message,
    dryRun,
  })
}
