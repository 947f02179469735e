import { messageOf, SipvaneError } from '../../../core/errors.ts'
import type { SipvaneEvent } from '../../../core/event.ts'
import type { Timers } from '../../../core/ports.ts'
import { safeText } from '../../providers/error.ts'
import type { Hook, HookContext } from '../definition.ts'
import { HookError } from '../error.ts'

/** Steps of one attempt that are kept. */
const STEPS_MAX = 50
/** After the deadline, to say what is missing; a hook that does not heed the signal is left behind then. */
const GRACE_MS = 50

export interface AttemptOptions {
  readonly timers: Timers
  readonly timeoutMs: number
  readonly dryRun: boolean
  readonly secrets: readonly string[]
  /** Aborted from outside: a newer event, or the end. */
  readonly signal: AbortSignal
}

/** What came of one attempt: its steps and, where it failed, why. */
export interface AttemptEnd<T> {
  readonly steps: readonly string[]
  readonly value?: T
  readonly error?: HookError
}

/**
 * One attempt within its budget. It ends at the deadline whether the hook heeds the signal or not: a hook that hangs must not hold up
 * what comes after it. Never rejects; a throw that is no `HookError` is a defect of the hook, and comes out as `failed`.
 */
export async function attempt<T>(
  act: (context: HookContext) => Promise<T>,
  { timers, timeoutMs, dryRun, secrets, signal }: AttemptOptions,
): Promise<AttemptEnd<T>> {
  const steps: string[] = []
  const own = new AbortController()
  const overdue = () => new HookError('timeout', `no end within ${timeoutMs} ms${after(steps)}`)
  let late = false
  let cancel = () => {}
  let leave = () => {}
  const cut = new Promise<AttemptEnd<T>>((resolve) => {
    cancel = timers.after(timeoutMs, () => {
      late = true
      cancel = timers.after(GRACE_MS, () => resolve({ steps, error: overdue() }))
      own.abort()
    })
    leave = () => {
      own.abort()
      resolve({ steps, error: new HookError('stopped', 'stopped') })
    }
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
  })
  const step = (text: string) => {
    if (steps.length < STEPS_MAX && !own.signal.aborted) steps.push(safeText(text, secrets))
  }
  const work = async (): Promise<AttemptEnd<T>> => {
    try {
      return { value: await act({ signal: own.signal, dryRun, step }), steps }
    } catch (error) {
      const fault = toHookError(error, secrets)
      return { error: late && fault.fault === 'stopped' ? overdue() : fault, steps }
    }
  }
  try {
    return await Promise.race([cut, work()])
  } finally {
    cancel()
    signal.removeEventListener('abort', leave)
    own.abort()
  }
}

/** One run, as the runner and the command line make it. */
export function attemptRun(
  hook: Hook,
  event: SipvaneEvent,
  options: AttemptOptions,
): Promise<AttemptEnd<void>> {
  return attempt((context) => hook.run(event, context), options)
}

function after(steps: readonly string[]): string {
  const last = steps.at(-1)
  return last === undefined ? '' : `; the last step was: ${last}`
}

function toHookError(error: unknown, secrets: readonly string[]): HookError {
  if (error instanceof HookError) {
    const message = safeText(error.message, secrets)
    const { retryAfterMs } = error
    return new HookError(error.fault, message, retryAfterMs === undefined ? {} : { retryAfterMs })
  }
  const text = safeText(messageOf(error), secrets)
  return new HookError('failed', error instanceof SipvaneError ? text : `a fault of the hook: ${text}`)
}
