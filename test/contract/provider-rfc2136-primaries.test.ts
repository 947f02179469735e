/** The contract of providers, with real primaries behind it. */
import { describe } from 'vitest'
import { startBind } from '../support/bind-server.ts'
import { startKnot } from '../support/knot-server.ts'
import { hasPeer } from '../support/peers.ts'
import { startPowerDns } from '../support/powerdns-server.ts'
import { primaryFixture } from '../support/primary-lab.ts'
import { providerContract } from './provider.contract.ts'
import { providerDecisions } from './provider.decisions.ts'

const tools = hasPeer('nsupdate', 'bind9-dnsutils') && hasPeer('dig', 'bind9-dnsutils')

describe.each([
  ['BIND', 'named', 'bind9', startBind],
  ['Knot', 'knotd', 'knot', startKnot],
  ['PowerDNS', 'pdns_server', 'pdns-server', startPowerDns],
] as const)('%s', (_, command, debianPackage, start) => {
  const missing = !hasPeer(command, debianPackage) || !tools
  describe.skipIf(missing)(
    missing ? `(not installed: Debian packages ${debianPackage}, bind9-dnsutils)` : 'real',
    () => {
      providerContract(primaryFixture(start))
      providerDecisions(primaryFixture(start))
    },
  )
})
