import type { Clock, Timers } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import { uriHost } from '../../wire/sip/header-values.ts'
import type { Invite } from '../../wire/sip/invite.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AuthExchange } from '../auth/digest-auth.ts'
import type { AskContext } from '../definition.ts'
import type { SocketFault } from '../transport/errno-reasons.ts'
import { sentBy } from '../transport/sent-by.ts'
import type { SipEndpoint, SipFlow, SipTransports } from '../transport/sip-transports.ts'
import type { EstablishedLeg } from './established-leg.ts'

export interface CallDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly sip: Pick<SipTransports, 'ask' | 'hold'>
}

export interface CallPlan {
  readonly endpoint: SipEndpoint
  /** Request-URI and To. */
  readonly uri: string
  /** From; default `sip:monitor@<our address>`. */
  readonly from?: string | undefined
  readonly userAgent: string
  /** The SDP offer, made once our address is known; or why there is none. */
  readonly offer: (local: SocketAddress) => Promise<Uint8Array | SocketFault>
  readonly auth: AuthExchange
  /** Ringing is enough: 180 and 183 end the wait. */
  readonly ring: boolean
}

/** How far a call came. */
export type CallResult =
  | { readonly kind: 'answered'; readonly response: SipResponse; readonly leg: EstablishedLeg }
  | { readonly kind: 'ringing'; readonly response: SipResponse }
  | { readonly kind: 'rejected'; readonly response: SipResponse }
  /** Our account was refused, or none is configured. */
  | { readonly kind: 'refused'; readonly response: SipResponse; readonly why: string }
  | { readonly kind: 'failure'; readonly fault: SocketFault; readonly status?: number }

/** What stays the same from one INVITE of a call to the next (RFC 3261 section 22.2), but for the number. */
export interface CallIds {
  readonly callId: string
  readonly fromTag: string
  readonly cseq: number
}

/** The INVITE over that socket, with credentials where the far end asked for them before. */
export function inviteOf(plan: CallPlan, flow: SipFlow, ids: CallIds, body: Uint8Array): Invite {
  const { transport } = flow.endpoint
  const fresh = flow.newIds()
  const { host, uriParameter } = sentBy(transport, flow.local, fresh)
  return {
    uri: plan.uri,
    transport,
    sentBy: host,
    branch: fresh.branch,
    from: `<${plan.from ?? `sip:monitor@${uriHost(flow.local.address)}`}>;tag=${ids.fromTag}`,
    to: `<${plan.uri}>`,
    callId: ids.callId,
    cseq: ids.cseq,
    contact: `<sip:monitor@${host}${uriParameter}>`,
    userAgent: plan.userAgent,
    authorization: plan.auth.headersFor('INVITE', plan.uri),
    body,
  }
}

/** A socket to call over and what to offer on it, or why there is none. Never rejects unless `offer` does. */
export async function openWay(
  deps: CallDeps,
  plan: CallPlan,
  how: 'shared' | 'fresh',
  context: AskContext,
): Promise<{ readonly flow: SipFlow; readonly offer: Uint8Array } | SocketFault> {
  const held = await deps.sip.hold(plan.endpoint, how, context)
  if (held.kind === 'failure') return held.fault
  const offer = await plan.offer(held.flow.local)
  if (!('reason' in offer)) return { flow: held.flow, offer }
  held.flow.release()
  return offer
}
