import type { Clock, Timers } from '../../../core/ports.ts'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { pause } from '../runner/pause.ts'
import type { AmiMessage } from './message.ts'
import type { AmiSession } from './session.ts'

const LOOK_MS = 250
/** Longer than the list takes to name what is missing; the attempt's own budget ends the wait. */
const NAMED_MAX = 5

/** One outbound registration as Asterisk shows it. */
export interface Registration {
  readonly name: string
  readonly registered: boolean
  /** `Registered`, `Rejected`, `Stopped`, …; safe to log. */
  readonly status: string
  /** As `Registry` events name it: client and server URI. */
  readonly key: string
}

export interface RenewalDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly signal: AbortSignal
}

export async function outboundRegistrations(session: AmiSession): Promise<Registration[]> {
  const events = await session.list(
    'PJSIPShowRegistrationsOutbound',
    'OutboundRegistrationDetail',
    'OutboundRegistrationDetailComplete',
  )
  return events.map(({ headers }) => {
    const status = safeText(headers.get('status') ?? 'unknown')
    return {
      name: headers.get('objectname') ?? '',
      // "Registered", or "Registered (exp. 3540s)" in some versions; "Unregistered" is none.
      registered: /^registered\b/i.test(status),
      status,
      key: `${headers.get('clienturi') ?? ''} ${headers.get('serveruri') ?? ''}`,
    }
  })
}

/**
 * Renews registrations one by one, `paceMs` apart, and waits until each came up. One that had given up for good comes back by this,
 * too. The status right after the order is still the old one, so what counts is
 *
 * | seen since its order                                   | renewed |
 * |--------------------------------------------------------|---------|
 * | an event `Registry`, `Status: Registered`              | yes     |
 * | another status, then `Registered`                      | yes     |
 * | `Registered` in every look for `settleMs`              | yes     |
 * | else                                                   | not yet |
 */
export async function renew(
  session: AmiSession,
  wanted: readonly Registration[],
  { paceMs, settleMs }: { readonly paceMs: number; readonly settleMs: number },
  { clock, timers, signal }: RenewalDeps,
): Promise<void> {
  const open = new Map<string, { orderedMs: number; left: boolean; key: string }>()
  const unhook = session.onEvent((event) => {
    const key = renewedBy(event)
    for (const [name, order] of open) if (order.key === key) open.delete(name)
  })
  try {
    for (const [index, { name, key }] of wanted.entries()) {
      if (index > 0 && !(await pause(timers, paceMs, signal))) throw new HookError('stopped', 'stopped')
      open.set(name, { orderedMs: clock.nowMs(), left: false, key })
      await session.action('PJSIPRegister', { Registration: name })
    }
    while (open.size > 0) {
      if (!(await pause(timers, LOOK_MS, signal))) throw notUp([...open.keys()])
      const seen = new Map((await outboundRegistrations(session)).map((one) => [one.name, one]))
      for (const [name, order] of open) {
        const registered = seen.get(name)?.registered === true
        if (registered && (order.left || clock.nowMs() - order.orderedMs >= settleMs)) open.delete(name)
        else if (!registered) order.left = true
      }
    }
  } catch (error) {
    // The budget's end breaks the session off: say what was missing rather than that.
    if (signal.aborted && open.size > 0) throw notUp([...open.keys()])
    throw error
  } finally {
    unhook()
  }
}

function renewedBy({ headers }: AmiMessage): string | undefined {
  if (headers.get('event')?.toLowerCase() !== 'registry') return undefined
  if (!/^registered$/i.test(headers.get('status') ?? '')) return undefined
  // PJSIP puts the whole URIs here: the client's as the user, the server's as the domain.
  return `${headers.get('username') ?? ''} ${headers.get('domain') ?? ''}`
}

/** What did not come up in time, by name. */
export function notUp(names: readonly string[]): HookError {
  const named = names.slice(0, NAMED_MAX).map((name) => safeText(name, []))
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  return new HookError('unverified', `not registered again: ${named.join(', ')}${more}`)
}
