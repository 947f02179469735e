import type { DomainName } from '../../core/brand.ts'
import type { Rdata } from '../../core/records.ts'
import type { AnswerSettings, PoolSettings, ZoneSettings } from '../../core/settings.ts'
import type { ProviderLimits, ProviderSet } from '../../publishers/providers/definition.ts'

/**
 * Why the set of an answer can outgrow a request of the provider; undefined where it cannot. A set is replaced as a whole, so one
 * request must hold it twice: with every target of its pool, as it is while all of them are served.
 */
export function outgrows(
  answer: AnswerSettings,
  pool: PoolSettings,
  zone: Pick<ZoneSettings, 'origin' | 'ttl'>,
  limits: ProviderLimits,
): string | undefined {
  const { name, type } = answer
  const records = largest(answer, pool, zone.origin)
  const all = `with all targets of pool ${pool.name} this ${type} set has ${records.length} records`
  const { recordsInSet, variants } = limits
  // Only addresses are drawn one at a time (zone/answers).
  const drawn = variants !== undefined && pool.policy === 'weighted' && (type === 'A' || type === 'AAAA')
  if (drawn && records.length > variants.maxCount)
    return `${all}, drawn one at a time; at most ${variants.maxCount} weighted sets can stand at a name there`
  if (!drawn && recordsInSet !== undefined && records.length > recordsInSet)
    return `${all}; at most ${recordsInSet} may be in a set there`
  const set: ProviderSet = { name, type, ttl: zone.ttl.max, records }
  for (const { unit, max, cost } of limits.batch) {
    const size = cost({ name, type, before: set, after: set })
    if (size > max) return `${all} and takes ${size} ${unit} to replace; at most ${max} fit into one request`
  }
  return undefined
}

function largest(answer: AnswerSettings, pool: PoolSettings, origin: DomainName): readonly Rdata[] {
  const targets = pool.targets.length >= pool.fallback.length ? pool.targets : pool.fallback
  switch (answer.type) {
    case 'A':
    case 'AAAA': {
      const isV6 = answer.type === 'AAAA'
      const addresses = new Set(targets.flatMap((target) => target.addresses))
      return [...addresses]
        .filter((address) => address.includes(':') === isV6)
        .map((address): Rdata => ({ type: isV6 ? 'AAAA' : 'A', address }))
    }
    case 'SRV':
      return targets.map(({ name, host, priority, weight, ports }): Rdata => {
        const target = host ?? `${name}.${origin}`
        return { type: 'SRV', priority, weight, port: answer.port ?? ports.tls, target: target as DomainName }
      })
    case 'NAPTR':
      return answer.transports.map((transport, index): Rdata => {
        const replacement = `_${transport}._tcp.${answer.name}` as DomainName
        const rest = { preference: 50, flags: 's', services: 'SIPS+D2T', regexp: '' }
        return { type: 'NAPTR', order: (index + 1) * 10, ...rest, replacement }
      })
  }
}
