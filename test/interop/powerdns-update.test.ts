import { hasPeer } from '../support/peers.ts'
import { startPowerDns } from '../support/powerdns-server.ts'
import { describeUpdates, UPDATE_ZONES } from './update-cases.ts'

const missing = !hasPeer('pdns_server', 'pdns-server') || !hasPeer('nsupdate', 'bind9-dnsutils')

describeUpdates({
  title: 'PowerDNS',
  missing: missing ? ' (not installed: Debian packages pdns-server, bind9-dnsutils)' : undefined,
  deniedAs: 'scope',
  // It refuses without a TSIG where the time is wrong.
  tellsTime: false,
  start: () => startPowerDns(UPDATE_ZONES),
})
