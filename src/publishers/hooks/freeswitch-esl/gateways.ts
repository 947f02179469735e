import type { Timers } from '../../../core/ports.ts'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { pause } from '../runner/pause.ts'
import type { EslSession } from './session.ts'

const LOOK_MS = 250
const NAME = /^[A-Za-z0-9_.@:+-]{1,200}$/

/** Names of a profile's gateways, those that are down included. */
export async function gatewaysOf(session: EslSession, profile: string): Promise<string[]> {
  const lists = [
    await session.api(`sofia profile ${profile} gwlist up`),
    await session.api(`sofia profile ${profile} gwlist down`),
  ]
  // Told in words, not by -ERR.
  if (lists.some((list) => /Invalid Profile/i.test(list)))
    throw new HookError('refused', `FreeSWITCH has no profile ${profile}`)
  const words = lists.flatMap((list) => list.split(/\s+/))
  // What is no name of a gateway would become a part of a command.
  return [...new Set(words.filter((word) => NAME.test(word)))]
}

/** `REGED`, `NOREG` (it never registers), `UNREGED`, `TRYING`, `FAIL_WAIT`, …; safe to log. */
export async function stateOf(session: EslSession, gateway: string): Promise<string> {
  const text = await session.api(`sofia status gateway ${gateway}`)
  const state = /^State\s+([A-Z_]{2,20})\s*$/m.exec(text)?.[1]
  if (state === undefined)
    throw new HookError('refused', `FreeSWITCH has no gateway ${safeText(gateway)}: ${safeText(text)}`)
  return state
}

/**
 * Renews the gateways one by one, `paceMs` apart, and waits until each is registered. `unregister` first: `register` alone is
 * passed over while FreeSWITCH believes that the old registration holds.
 */
export async function renewGateways(
  session: EslSession,
  profile: string,
  gateways: readonly string[],
  paceMs: number,
  { timers, signal }: { readonly timers: Timers; readonly signal: AbortSignal },
): Promise<void> {
  for (const [index, gateway] of gateways.entries()) {
    if (index > 0 && !(await pause(timers, paceMs, signal))) throw new HookError('stopped', 'stopped')
    await session.api(`sofia profile ${profile} unregister ${gateway}`)
    await session.api(`sofia profile ${profile} register ${gateway}`)
  }
  let open = [...gateways]
  try {
    while (open.length > 0) {
      const still: string[] = []
      for (const gateway of open) if ((await stateOf(session, gateway)) !== 'REGED') still.push(gateway)
      open = still
      if (open.length > 0 && !(await pause(timers, LOOK_MS, signal)))
        throw new HookError('stopped', 'stopped')
    }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new HookError(
      'unverified',
      `not registered again: ${open
        .slice(0, 5)
        .map((one) => safeText(one))
        .join(', ')}`,
    )
  }
}
