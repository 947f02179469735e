import type { DomainName } from '../../../core/brand.ts'
import { RCODE, TYPE } from '../../../wire/dns/constants.ts'
import { ProviderError } from '../error.ts'
import { BareRefusal, questionError, skewWords } from './faults.ts'
import type { Primary } from './primary.ts'
import { question } from './questions.ts'

/** The widest that the field can say (RFC 8945 section 4.2): 18 hours. */
const WIDEST_FUDGE_S = 65_535

/**
 * Finds out why a server refused without a word that can be believed, by harmless questions for the zone's SOA. Always gives an
 * error; where the change may have been made all the same, that stays in it.
 *
 * | signed question      | signed for any clock | not signed     | then                                              |
 * |----------------------|----------------------|----------------|---------------------------------------------------|
 * | with authority       | -                    | -              | scope: the key is fine, the wish was not          |
 * | without              | -                    | -              | no-zone                                           |
 * | BADTIME              | -                    | -              | clock                                             |
 * | BADKEY, BADSIG       | -                    | -              | credentials                                       |
 * | refused, not signed  | answered             | -              | clock: PowerDNS refuses so, and says no more      |
 * | refused, not signed  | refused, not signed  | with authority | credentials                                       |
 * | refused, not signed  | refused, not signed  | without        | no-zone: Knot signs for zones only that it has    |
 */
export async function explain(
  primary: Primary,
  zone: DomainName,
  refusal: BareRefusal,
  signal: AbortSignal,
): Promise<ProviderError> {
  const { uncertain } = refusal
  const ask = () => question(zone, TYPE.SOA)
  try {
    const strict = await primary.askByTcp(ask(), signal)
    if (strict instanceof BareRefusal) {
      // It has the zone, and has looked for the key.
      if (strict.apiCode === 'BADKEY' || strict.apiCode === 'BADSIG') return refusal
      if (!((await primary.askByTcp(ask(), signal, WIDEST_FUDGE_S)) instanceof BareRefusal))
        return new ProviderError('clock', skewWords(undefined, 0), { uncertain })
      const plain = await primary.askPlainly(ask(), signal)
      const there = plain?.authoritative === true && plain.rcode === RCODE.NOERROR
      return there ? refusal : questionError(plain?.rcode ?? RCODE.REFUSED, zone)
    }
    if (!strict.authoritative || strict.rcode !== RCODE.NOERROR) return questionError(strict.rcode, zone)
    const words = `the key is known, but may not do this in ${zone} (${refusal.apiCode ?? 'refused'})`
    return new ProviderError('scope', words, { uncertain })
  } catch (error) {
    if (error instanceof ProviderError) return error
    throw error
  }
}
