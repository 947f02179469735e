import type { z } from 'zod'
import { uriHost } from '../../wire/sip/header-values.ts'
import { inviteRequest } from '../../wire/sip/invite.ts'
import { audioOffer } from '../../wire/sip/sdp.ts'
import { tooLongFor } from '../../wire/sip/size.ts'
import { defaultUserAgent } from '../options-request.ts'
import { transportParameter } from '../transport/sent-by.ts'
import type { SipTransport } from '../transport/sip-transports.ts'

interface Lengthy {
  readonly transport: SipTransport
  readonly extension: string
  readonly domain?: string | undefined
  readonly from?: string | undefined
  readonly user?: string | undefined
  readonly userAgent?: string | undefined
}

const ADDRESS = '203.0.113.255'

/**
 * Refuses options whose INVITE could not go over UDP, from an IPv4 address and without credentials yet; for `superRefine`. Moving it to TCP
 * in silence, as a phone would, is not for a probe: the transport that it was given is what it proves.
 */
export function checkInviteLength(given: Lengthy, context: z.core.$RefinementCtx): void {
  const { transport, extension, domain, user, userAgent = defaultUserAgent() } = given
  const uri = `sip:${extension}@${domain ?? `${uriHost(ADDRESS)}:5060`}${transportParameter(transport)}`
  const from = given.from ?? `sip:${user ?? 'monitor'}@${domain ?? ADDRESS}`
  const sentBy = `${ADDRESS}:65535`
  const offer = { address: ADDRESS, port: 65_535, codecs: ['pcmu', 'pcma'], direction: 'sendrecv' } as const
  const bytes = inviteRequest({
    uri,
    transport,
    sentBy,
    branch: 'z9hG4bK'.padEnd(40, '-'),
    from: `<${from}>;tag=${'0'.repeat(16)}`,
    to: `<${uri}>`,
    callId: '0'.repeat(32),
    cseq: 1,
    contact: `<sip:monitor@${sentBy}>`,
    userAgent,
    authorization: [],
    body: audioOffer({ ...offer, sessionId: 1_700_000_000_000 }),
  })
  const message = tooLongFor(transport, 'INVITE', bytes.length)
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['transport'], message })
}
