import { MAX_TTL } from '../../wire/dns/rdata/field.ts'
import { tsigKey } from '../../wire/dns/tsig/key.ts'
import { timeOfDay } from '../time-of-day.ts'
import { defineProvider, type Provider, type ProviderDeps, type ProviderLimits } from './definition.ts'
import { octetsOf } from './rfc2136/changes.ts'
import { type Rfc2136Options, rfc2136Options } from './rfc2136/options.ts'
import { Primary } from './rfc2136/primary.ts'
import { Rfc2136Provider } from './rfc2136/provider.ts'

/** Of the 65535 octets of a message, what header, zone and signature leave at the very least. */
const BATCH_OCTETS = 64_000

const LIMITS: ProviderLimits = {
  ttl: { min: 0, max: MAX_TTL },
  types: ['A', 'AAAA', 'SRV', 'NAPTR', 'TXT'],
  batch: [{ unit: 'octets', max: BATCH_OCTETS, cost: octetsOf }],
  // A server of one's own: it sets no limit, and none shall ever notice us.
  callsPerSecond: 50,
  burst: 50,
}

/** Signatures go by `wallClock`, the time of day as it is now; another one in tests. */
export function createRfc2136(options: Rfc2136Options, deps: ProviderDeps, wallClock = timeOfDay): Provider {
  const { server, key, transport, read, zone, timeout: timeoutMs } = options
  const primary = new Primary(
    { server, key: tsigKey(key.name, key.algorithm, key.secret), transport, timeoutMs },
    { clock: deps.clock, wallClock, timers: deps.timers, pace: deps.pace },
  )
  return new Rfc2136Provider({ primary, limits: LIMITS, logger: deps.logger, zone, read })
}

/** BIND, Knot, PowerDNS and whatever else takes dynamic updates (RFC 2136) signed with TSIG (RFC 8945). */
export const rfc2136 = defineProvider<Rfc2136Options>({
  kind: 'rfc2136',
  summary: 'Updates zones at a primary of your own (BIND, Knot, PowerDNS) by RFC 2136, signed with TSIG.',
  options: rfc2136Options,
  marks: 'txt',
  limits: () => LIMITS,
  account: ({ server }) => `${server.address} ${server.port}`,
  create: (options, deps) => createRfc2136(options, deps),
})
