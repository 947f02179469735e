import { RCODE } from '../../../wire/dns/constants.ts'
import type { TsigFault } from '../../../wire/dns/tsig/verify-response.ts'
import { ProviderError, type ProviderErrorDetail, type ProviderFault } from '../error.ts'

type Known = readonly [fault: ProviderFault, words: string]

/** What the RCODE of an answer that is signed rightly says (RFC 2136 section 2.2). */
const UPDATE_FAULTS: ReadonlyMap<number, Known> = new Map<number, Known>([
  [RCODE.FORMERR, ['protocol', 'the server calls our message malformed']],
  [RCODE.SERVFAIL, ['failed', 'the server failed by itself']],
  [RCODE.NXDOMAIN, ['conflict', 'a name that should be there is not: somebody else changed it']],
  [RCODE.NOTIMP, ['scope', 'the server takes no updates']],
  [RCODE.REFUSED, ['refused', 'the key may not make these changes']],
  [RCODE.YXDOMAIN, ['conflict', 'a name is there that should not be: somebody else made it']],
  [RCODE.YXRRSET, ['conflict', 'a record set is there that should not be: somebody else made it']],
  [RCODE.NXRRSET, ['conflict', 'a record set is not as it was read: somebody else changed it']],
  [RCODE.NOTAUTH, ['no-zone', 'the server is not the primary of that zone']],
  [RCODE.NOTZONE, ['refused', 'a name lies outside of the zone']],
])

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(RCODE)
    .map(([name, code]) => [code, name] as const)
    .reverse(),
)

/** `NXRRSET` for 8, `RCODE23` where there is no name. */
export function rcodeName(rcode: number): string {
  return NAMES.get(rcode) ?? `RCODE${rcode}`
}

/** The error for an update's RCODE, which is not NOERROR. A server that failed may have failed after the change. */
export function updateError(rcode: number, detail: ProviderErrorDetail = {}): ProviderError {
  const apiCode = rcodeName(rcode)
  const [fault, words]: Known = UPDATE_FAULTS.get(rcode) ?? [
    'protocol',
    'the server gave an RCODE that no update has',
  ]
  const uncertain = fault === 'failed' || detail.uncertain === true
  return new ProviderError(fault, `${words} (${apiCode})`, { ...detail, apiCode, uncertain })
}

/** The error for a question's RCODE, neither NOERROR nor NXDOMAIN, or for an answer without authority. */
export function questionError(rcode: number, about: string): ProviderError {
  const apiCode = rcodeName(rcode)
  if (rcode === RCODE.NOERROR)
    return new ProviderError(
      'no-zone',
      `the server is not the primary of ${about}: it answers without authority`,
    )
  if (rcode === RCODE.REFUSED || rcode === RCODE.NOTAUTH)
    return new ProviderError(
      'no-zone',
      `the server does not serve ${about}, or not to this key (${apiCode})`,
      { apiCode },
    )
  const fault = rcode === RCODE.SERVFAIL ? 'failed' : 'protocol'
  return new ProviderError(fault, `the server cannot answer for ${about} (${apiCode})`, { apiCode })
}

/**
 * The server would not have our message, and its answer is not signed, so anybody could have sent it and it tells little: servers
 * differ in what they say to whom (docs/updaters-rfc2136.md). `explain` asks further.
 */
export class BareRefusal extends ProviderError {}

/**
 * The error for an answer that fails TSIG, or says that our request did.
 *
 * | fault    | by   | then        | in words                                                  |
 * |----------|------|-------------|-----------------------------------------------------------|
 * | badkey   | peer | credentials | it does not know the key by that name and algorithm       |
 * | badsig   | peer | credentials | its secret is another                                     |
 * | badtime  | both | clock       | by how much, and whose is ahead                           |
 * | badtrunc | peer | credentials | it wants longer MACs than ours, which are whole: no sense |
 * | unsigned | us   | credentials | refused without a signature: it knows no such key         |
 * | other    | us   | protocol    | not believed                                              |
 *
 * None of it proves that the changes were not made, but the peer's own BADTIME does: that one is signed.
 */
export function tsigError(fault: TsigFault, nowMs: number, rcode: number | undefined): ProviderError {
  const uncertain = !(fault.authentic && fault.by === 'peer')
  const bare =
    !fault.authentic && (fault.by === 'peer' || (fault.fault === 'unsigned' && rcode !== undefined))
  const error = (kind: ProviderFault, words: string, apiCode?: string) =>
    new (bare && rcode !== RCODE.NOERROR ? BareRefusal : ProviderError)(kind, words, {
      uncertain,
      ...(apiCode === undefined ? {} : { apiCode }),
    })
  if (fault.fault === 'badtime') return error('clock', skewWords(fault.peerTimeS, nowMs), 'BADTIME')
  if (fault.by === 'peer') {
    if (fault.fault === 'badkey')
      return error(
        'credentials',
        'the server does not know the key by this name and algorithm (BADKEY)',
        'BADKEY',
      )
    if (fault.fault === 'badsig')
      return error('credentials', 'the server has another secret for the key (BADSIG)', 'BADSIG')
    return error('credentials', `the server did not accept the signature (${fault.fault.toUpperCase()})`)
  }
  if (fault.fault === 'unsigned') {
    const said = rcode === undefined ? '' : ` (${rcodeName(rcode)})`
    return error('credentials', `the answer is not signed${said}: does the server know the key?`)
  }
  const words =
    fault.fault === 'malformed' ? 'is malformed' : `fails its check (${fault.fault.toUpperCase()})`
  return error('protocol', `the answer's signature ${words}; it was not believed`)
}

/** `the server's clock is 1 h 0 min ahead of ours`; the difference that TSIG allows is 300 s (RFC 8945 section 10). */
export function skewWords(peerTimeS: number | undefined, nowMs: number): string {
  const rule = 'TSIG allows 300 s; run NTP on both (BADTIME)'
  if (peerTimeS === undefined) return `the server's clock and ours disagree: ${rule}`
  const apartS = peerTimeS - Math.floor(nowMs / 1000)
  return `the server's clock is ${spanWords(Math.abs(apartS))} ${apartS < 0 ? 'behind' : 'ahead of'} ours: ${rule}`
}

function spanWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} days`
}
