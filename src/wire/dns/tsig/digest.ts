import { timingSafeEqual } from 'node:crypto'
import type { DomainName } from '../../../core/brand.ts'
import { CLASS } from '../constants.ts'
import { encodeName } from '../name.ts'
import { TSIG_ALGORITHMS, type TsigAlgorithm } from './key.ts'
import { type Tsig, u16, u48 } from './record.ts'

/** A MAC that goes before a message in the next digest: with its length in front (RFC 8945 section 4.3.1). */
export function priorMac(mac: Uint8Array): readonly Uint8Array[] {
  return [u16(mac.length), mac]
}

/** The TSIG variables, names in canonical form: lower case, uncompressed (RFC 8945 section 4.3.3). */
export function variables(tsig: Omit<Tsig, 'mac' | 'originalId'>): readonly Uint8Array[] {
  return [
    encodeName(tsig.keyName),
    u16(CLASS.ANY, 0, 0),
    encodeName(tsig.algorithmName),
    u48(tsig.timeSignedS),
    u16(tsig.fudgeS, tsig.error, tsig.otherData.length),
    tsig.otherData,
  ]
}

/** All that the later messages of a transfer digest of the variables (RFC 8945 section 5.3.1). */
export function timers(tsig: Pick<Tsig, 'timeSignedS' | 'fudgeS'>): readonly Uint8Array[] {
  return [u48(tsig.timeSignedS), u16(tsig.fudgeS)]
}

export function algorithmName(algorithm: TsigAlgorithm): DomainName {
  return `${algorithm}.` as DomainName
}

/**
 * Compares in constant time what came with what it should be.
 *
 * | octets that came                              | then        | RFC 8945       |
 * |-----------------------------------------------|-------------|----------------|
 * | more than the whole MAC has                   | `malformed` | 5.2.2.1        |
 * | fewer than 10, or than half of the whole      | `malformed` | 5.2.2.1        |
 * | the whole, and they are right                 | `right`     | 5.2.2          |
 * | the first part, and it is right               | `truncated` | 5.2.4: BADTRUNC, for we ask for whole MACs |
 * | any of these lengths, and they are wrong      | `wrong`     | 5.2.2          |
 */
export function compareMac(
  came: Uint8Array,
  whole: Uint8Array,
  algorithm: TsigAlgorithm,
): 'right' | 'wrong' | 'truncated' | 'malformed' {
  const { macOctets } = TSIG_ALGORITHMS[algorithm]
  if (came.length > macOctets || came.length < Math.max(10, macOctets / 2)) return 'malformed'
  if (!timingSafeEqual(came, whole.subarray(0, came.length))) return 'wrong'
  return came.length === macOctets ? 'right' : 'truncated'
}
