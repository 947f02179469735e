import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { pause } from '../runner/pause.ts'
import { notUp, type RenewalDeps } from './registrations.ts'
import type { AmiSession } from './session.ts'

const LOOK_MS = 250
/** Of chan_sip, where it does not say. */
const EXTERN_REFRESH_MS = 10_000
/** From the order of a reload until it is begun, at most, and between two of its registrations. */
const RELOAD_MS = 1_000
const SPACING_MS = 100

/** What `sip show settings` says of the address that chan_sip goes by. */
interface SipSettings {
  /** Absent: it has none, and takes no new address. */
  readonly externhost?: string
  /** What it looked up last. */
  readonly address?: string
  /** It looks the name up with the first message out after so long. */
  readonly refreshMs: number
}

export async function sipSettings(session: AmiSession): Promise<SipSettings> {
  const lines = await session.command('sip show settings')
  const wordOf = (name: string) =>
    lines.flatMap((line) => new RegExp(`^\\s*${name}:\\s+(\\S+)`).exec(line)?.[1] ?? [])[0]
  const externhost = wordOf('Externhost')
  // With its port: "203.0.113.9:0".
  const address = /^[\d.]+/.exec(wordOf('Externaddr') ?? '')?.[0]
  const refresh = wordOf('Externrefresh') ?? ''
  return {
    ...(externhost === undefined || externhost === '<none>' ? {} : { externhost: safeText(externhost) }),
    ...(address === undefined ? {} : { address }),
    refreshMs: /^\d{1,5}$/.test(refresh) ? Number(refresh) * 1000 : EXTERN_REFRESH_MS,
  }
}

interface Entry {
  readonly state: string
  /** When it was registered last, in Asterisk's seconds; only a change says something. */
  readonly time: string
}

/** Outbound registrations by user and host. */
async function registry(session: AmiSession): Promise<Map<string, Entry>> {
  const entries = await session.list('SIPshowregistry', 'RegistryEntry', 'RegistrationsComplete')
  return new Map(
    entries.map(({ headers }) => [
      `${headers.get('username') ?? ''}@${headers.get('host') ?? ''}`,
      { state: headers.get('state') ?? '', time: headers.get('registrationtime') ?? '' },
    ]),
  )
}

/** Orders `sip reload`: registers all again and asks its peers, keeps dialogs. While one is under way another would be passed over. */
async function reload(session: AmiSession, { timers, signal }: RenewalDeps): Promise<void> {
  for (;;) {
    const said = await session.command('sip reload')
    if (!said.some((line) => /not yet done/i.test(line))) return
    if (!(await pause(timers, LOOK_MS, signal))) throw new HookError('stopped', 'stopped')
  }
}

/**
 * Resolves once chan_sip has looked its name up and found `address`. No command makes it: a reload of an unchanged sip.conf does not, either.
 * The first message out does, where `externrefresh` has passed since the last time; so something is sent at once, and again when that
 * must have passed.
 */
async function untilLookedUp(session: AmiSession, address: string, deps: RenewalDeps): Promise<void> {
  let sentMs: number | undefined
  for (;;) {
    const seen = await sipSettings(session)
    if (seen.externhost === undefined)
      throw new HookError('refused', 'Asterisk has no externhost (sip.conf): it takes no new address')
    if (seen.address === address) return
    const nowMs = deps.clock.nowMs()
    if (sentMs === undefined || nowMs - sentMs >= seen.refreshMs) {
      await reload(session, deps)
      sentMs = nowMs
    }
    if (!(await pause(deps.timers, LOOK_MS, deps.signal))) throw new HookError('stopped', 'stopped')
  }
}

/**
 * Has chan_sip register all again, with `address` where one is given, and waits until each came up. The status right after the order is
 * still the old one, so what counts is a later time of registration, another state and then `Registered`, or `Registered` for `settleMs`
 * after its REGISTER must be out (the time has whole seconds: two in one look like none). Gives back how many there are.
 */
export async function renewChanSip(
  session: AmiSession,
  { address, settleMs }: { readonly address: string | undefined; readonly settleMs: number },
  deps: RenewalDeps,
): Promise<number> {
  // Without any, the next call is the first message, and has the name looked up.
  if ((await registry(session)).size === 0) return 0
  if (address !== undefined) await untilLookedUp(session, address, deps)
  const before = await registry(session)
  const open = new Set(before.keys())
  const left = new Set<string>()
  try {
    await reload(session, deps)
    const sureMs = deps.clock.nowMs() + RELOAD_MS + open.size * SPACING_MS + settleMs
    while (open.size > 0) {
      if (!(await pause(deps.timers, LOOK_MS, deps.signal))) throw notUp([...open])
      const seen = await registry(session)
      for (const name of open) {
        const entry = seen.get(name)
        const renewed = left.has(name) || entry?.time !== before.get(name)?.time
        if (entry?.state !== 'Registered') left.add(name)
        else if (renewed || deps.clock.nowMs() >= sureMs) open.delete(name)
      }
    }
  } catch (error) {
    // The budget's end breaks the session off: say what was missing rather than that.
    if (deps.signal.aborted && open.size > 0) throw notUp([...open])
    throw error
  }
  return before.size
}
