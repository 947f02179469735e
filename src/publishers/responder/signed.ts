import ipaddr from 'ipaddr.js'
import type { DomainName } from '../../core/brand.ts'
import type { TsigKeySettings } from '../../core/dns-settings.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { type TsigKey, tsigSecret } from '../../wire/dns/tsig/key.ts'
import { signatureSize, signMessage } from '../../wire/dns/tsig/sign.ts'
import { signRefusal, type TsigRefusal, verifyRequest } from '../../wire/dns/tsig/verify-request.ts'
import type { ClientAddress } from './client-address.ts'
import type { AnswerContext } from './context.ts'
import type { Refusals } from './transfer/refusal-log.ts'

/** How the query without its signature is answered, or why none is: what `answer` does with it. */
export interface Inner {
  answer(message: Uint8Array): number
  refuse(rcode: number): number
}

const WHY: ReadonlyMap<number, string> = new Map<number, string>([
  [RCODE.BADKEY, 'the key or its algorithm is not known here'],
  [RCODE.BADSIG, 'the signature is wrong: another secret of the same name'],
  [RCODE.BADTIME, 'the signature is too old or too new: one of the clocks is wrong'],
  [RCODE.BADTRUNC, 'the signature is cut short'],
])

/** Queries that are signed (RFC 8945), of whatever type: checked, answered as without, and the answer signed. */
export class SignedQueries {
  readonly #keys: ReadonlyMap<DomainName, TsigKey>
  readonly #refusals: Refusals | undefined

  constructor(keys: ReadonlyMap<DomainName, TsigKey>, refusals?: Refusals) {
    this.#keys = keys
    this.#refusals = refusals
  }

  /** As `answer` does for a query with a TSIG in its place; never throws for what the octets say. */
  answer(bytes: Uint8Array, context: AnswerContext, out: Uint8Array, inner: Inner): number {
    const { nowMs } = context
    const check = verifyRequest(bytes, this.#keys, nowMs)
    if (check.kind === 'refused') {
      this.#log(check, context.client)
      const length = inner.refuse(RCODE.NOTAUTH)
      return length === 0 ? 0 : put(out, signRefusal(out.slice(0, length), check, nowMs), bytes)
    }
    // `unsigned` cannot be: who calls has seen a TSIG.
    if (check.kind !== 'signed') return inner.refuse(RCODE.FORMERR)
    context.key = check.key.name
    context.reservedOctets = signatureSize(check.key)
    try {
      const length = inner.answer(check.message)
      if (length === 0) return 0
      const signed = signMessage(out.slice(0, length), check.key, nowMs, { requestMac: check.mac })
      return put(out, signed.bytes, bytes)
    } finally {
      context.key = undefined
      context.reservedOctets = 0
    }
  }

  #log({ tsig, error }: TsigRefusal, client: ClientAddress): void {
    this.#refusals?.refused({
      client: addressText(client),
      zone: `key ${tsig.keyName}`,
      why: WHY.get(error) ?? 'the signature does not hold',
    })
  }
}

/** The keys of the settings, ready for use. Throws nothing: the configuration has checked them. */
export function tsigKeys(settings: readonly TsigKeySettings[]): Map<DomainName, TsigKey> {
  return new Map(
    settings.map(({ name, algorithm, secret }) => [name, { name, algorithm, secret: tsigSecret(secret) }]),
  )
}

export function addressText({ octets, length }: ClientAddress): string {
  return ipaddr.fromByteArray([...octets.subarray(0, length)]).toString()
}

/** The id is the one that came; the MAC has the original one, which a forwarder may have changed (RFC 8945 section 4.2). */
function put(out: Uint8Array, reply: Uint8Array, query: Uint8Array): number {
  out.set(reply)
  out.set(query.subarray(0, 2))
  return reply.length
}
