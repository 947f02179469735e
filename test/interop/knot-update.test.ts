import { startKnot } from '../support/knot-server.ts'
import { hasPeer } from '../support/peers.ts'
import { describeUpdates, UPDATE_ZONES } from './update-cases.ts'

const missing = !hasPeer('knotd', 'knot') || !hasPeer('nsupdate', 'bind9-dnsutils')

describeUpdates({
  title: 'Knot',
  missing: missing ? ' (not installed: Debian packages knot, bind9-dnsutils)' : undefined,
  // Knot answers BADKEY to a key that no rule of the zone names, as if it did not know it.
  deniedAs: 'credentials',
  tellsTime: true,
  start: () => startKnot(UPDATE_ZONES),
})
