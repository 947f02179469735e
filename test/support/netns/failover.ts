import type { Fault } from './network.ts'
import type { Office } from './office.ts'
import { FIBRE, LTE } from './places.ts'
import { logged, nameIs, phoneBy, trunkHas } from './timeline.ts'

/** A phone that hits the dead link waits 32 s for its REGISTER (RFC 3261 section 17.1.2.2, timer F), and then as long as it likes. */
const PHONE_PATIENCE_MS = 150_000
const PATIENCE_MS = 30_000

/** What happened after the first link broke, in milliseconds from the fault. */
export interface Moved {
  /** sipvane holds the link for dead, or for worse than the other. */
  readonly detectedMs: number
  /** The first answer of a name server of the zone, over either link, that gives the other link's address. */
  readonly namedMs: number
  /** The same at the caching resolver that the phone asks. */
  readonly cachedMs: number
  /** Asterisk looked its name up. */
  readonly refreshedMs: number
  /** The trunk took a REGISTER from the other link's public address, with that address in its Contact. */
  readonly registeredMs: number
  /** The phone registered over the other link; absent where there is none. */
  readonly phoneMs?: number
}

export interface Following {
  /** Default 30 s; the phone has a patience of its own. */
  readonly patienceMs?: number
  /** Default: where there is a phone. */
  readonly phone?: boolean
}

/** Breaks the first link, and follows what comes of it. */
export async function failOver(office: Office, fault: Fault, following: Following = {}): Promise<Moved> {
  const { patienceMs = PATIENCE_MS, phone = office.phone !== undefined } = following
  const { network, timeline } = office
  const startMs = Date.now()
  await network.fail(fault)
  const after = async (what: string, fits: Parameters<typeof timeline.first>[3], limitMs = patienceMs) =>
    (await timeline.first(what, startMs, limitMs, fits)) - startMs
  const decided = logged('decision.changed', ({ active }) => String(active) === LTE.name)
  const namedMs = await after('the name at the authority', nameIs('authority', LTE.publicAddress))
  return {
    detectedMs: await after('the decision', decided),
    namedMs,
    cachedMs: await after('the name at the resolver', nameIs('resolver', LTE.publicAddress)),
    refreshedMs: await after('dnsmgr refresh', ({ kind }) => kind === 'pbx.refreshed'),
    registeredMs: await after('the registration at the trunk', trunkHas(LTE.publicAddress)),
    ...(phone ? { phoneMs: await after('the phone', phoneBy(LTE.name), PHONE_PATIENCE_MS) } : {}),
  }
}

/** Mends the first link, and resolves when everything is back on it. */
export async function bringBack(office: Office, fault: Fault, following: Following = {}): Promise<void> {
  const { patienceMs = PATIENCE_MS, phone = office.phone !== undefined } = following
  const { network, timeline } = office
  const startMs = Date.now()
  await network.restore(fault)
  const back = (what: string, fits: Parameters<typeof timeline.first>[3], limitMs = patienceMs) =>
    timeline.first(`${what} back on the first link`, startMs, limitMs, fits)
  await back('the name', nameIs('resolver', FIBRE.publicAddress))
  await back('the trunk', trunkHas(FIBRE.publicAddress))
  if (phone) await back('the phone', phoneBy(FIBRE.name), PHONE_PATIENCE_MS)
}
