import type { DomainName } from '../../../core/brand.ts'
import type { TransferRule, TransferSettings } from '../../../core/dns-settings.ts'
import type { ClientAddress } from '../client-address.ts'
import { Networks } from '../networks.ts'

interface Rule {
  readonly networks: Networks | undefined
  readonly key: DomainName | undefined
}

/**
 * Who may transfer a zone. A zone with rules of its own goes by them alone, any other by the common ones; one rule that fits is enough.
 *
 * | a rule names    | fits                                       |
 * |-----------------|--------------------------------------------|
 * | a network       | a client of it, with any good key or none  |
 * | a key           | a query signed with it, from anywhere      |
 * | both            | a query signed with it, from that network  |
 */
export class TransferAccess {
  readonly #common: readonly Rule[]
  readonly #zones: ReadonlyMap<DomainName, readonly Rule[]>

  constructor({ allow, zones }: Pick<TransferSettings, 'allow' | 'zones'>) {
    this.#common = allow.map(ruleOf)
    this.#zones = new Map([...zones].map(([origin, rules]) => [origin, rules.map(ruleOf)]))
  }

  /** `key`: the one that the query was verified with. */
  allows(origin: DomainName, client: ClientAddress, key: DomainName | undefined): boolean {
    const rules = this.#zones.get(origin) ?? this.#common
    return rules.some(
      (rule) =>
        (rule.networks === undefined || rule.networks.holds(client)) &&
        (rule.key === undefined || rule.key === key),
    )
  }
}

function ruleOf({ network, key }: TransferRule): Rule {
  return { networks: network === undefined ? undefined : new Networks([network]), key }
}
