import { startBind } from '../support/bind-server.ts'
import { hasPeer } from '../support/peers.ts'
import { describeUpdates, UPDATE_ZONES } from './update-cases.ts'

const missing = !hasPeer('named', 'bind9') || !hasPeer('nsupdate', 'bind9-dnsutils')

describeUpdates({
  title: 'BIND',
  missing: missing ? ' (not installed: Debian packages bind9, bind9-dnsutils)' : undefined,
  deniedAs: 'scope',
  tellsTime: true,
  start: () => startBind(UPDATE_ZONES),
})
