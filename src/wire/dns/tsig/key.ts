import { createHmac, type Hmac } from 'node:crypto'
import type { DomainName } from '../../../core/brand.ts'
import { SipvaneError } from '../../../core/errors.ts'
import { canonicalName, NameError } from '../name.ts'

/** A key that cannot be used; code `tsig-key`. The text never holds the secret. */
export class TsigKeyError extends SipvaneError {
  constructor(message: string) {
    super('tsig-key', message)
  }
}

/** Algorithms by their usual names, with the octets of a whole MAC (RFC 8945 section 6, table 3). */
export const TSIG_ALGORITHMS = {
  'hmac-sha256': { hash: 'sha256', macOctets: 32 },
  'hmac-sha384': { hash: 'sha384', macOctets: 48 },
  'hmac-sha512': { hash: 'sha512', macOctets: 64 },
} as const

export type TsigAlgorithm = keyof typeof TSIG_ALGORITHMS

export interface TsigKey {
  readonly name: DomainName
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
}

/** Below 128 bits a secret is within reach of a patient guesser. */
const MIN_SECRET_OCTETS = 16

/** In the registry, but not to be used any more: RFC 8945 section 6 calls MD5 "MUST NOT", SHA-1 and SHA-224 "NOT RECOMMENDED". */
const RETIRED: ReadonlySet<string> = new Set([
  'hmac-md5',
  'hmac-md5.sig-alg.reg.int',
  'hmac-sha1',
  'hmac-sha224',
])

/** `hmac-sha256` in any case, with or without a final dot. Throws `TsigKeyError`, which says what to use instead. */
export function tsigAlgorithm(text: string): TsigAlgorithm {
  const name = text.toLowerCase().replace(/\.$/, '')
  if (Object.hasOwn(TSIG_ALGORITHMS, name)) return name as TsigAlgorithm
  const allowed = Object.keys(TSIG_ALGORITHMS).join(', ')
  if (RETIRED.has(name))
    throw new TsigKeyError(
      `${name} is no longer safe (RFC 8945 section 6): make a new key with one of ${allowed}`,
    )
  throw new TsigKeyError(`the algorithm is one of ${allowed}`)
}

/** A key from its texts: a domain name, an algorithm, a secret in base64 as BIND, Knot and PowerDNS write it. Throws `TsigKeyError`. */
export function tsigKey(name: string, algorithm: string, secretBase64: string): TsigKey {
  return {
    name: keyName(name),
    algorithm: tsigAlgorithm(algorithm),
    secret: tsigSecret(secretBase64),
  }
}

function keyName(text: string): DomainName {
  try {
    return canonicalName(text)
  } catch (error) {
    if (error instanceof NameError) throw new TsigKeyError(`the name of the key: ${error.message}`)
    throw error
  }
}

/** A secret's octets; blanks and missing padding are forgiven. Throws `TsigKeyError`, which does not repeat it. */
export function tsigSecret(base64: string): Uint8Array {
  const text = base64.replace(/\s+/g, '')
  const octets = Buffer.from(text, 'base64')
  // Buffer reads around what is not base64; only what comes back the same was.
  if (octets.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, ''))
    throw new TsigKeyError('the secret is not base64')
  if (octets.length < MIN_SECRET_OCTETS)
    throw new TsigKeyError(`the secret has ${octets.length} octets; at least ${MIN_SECRET_OCTETS} are wanted`)
  return new Uint8Array(octets)
}

/** A MAC under way. */
export function beginMac(key: TsigKey): Hmac {
  return createHmac(TSIG_ALGORITHMS[key.algorithm].hash, key.secret)
}
