import type { DomainName } from '../core/brand.ts'
import type { Target, Transport } from '../core/target.ts'
import { canonicalName } from '../wire/dns/name.ts'

/** The host name that SRV answers of a zone give for a target: its own `host`, or `<target>.<zone>`. Throws `NameError`. */
export function hostName(target: Target, origin: DomainName): DomainName {
  return target.host === undefined ? canonicalName(target.name, origin) : canonicalName(target.host)
}

/**
 * What NAPTR offers for a transport (RFC 3263 section 4.1, RFC 7118 section 5.3 for WebSocket), and the SRV name it leads to.
 * No RFC names SRV labels for WebSocket; `_ws._tcp` and `_wss._tcp` are those that Kamailio and OpenSIPS ask.
 */
export const SIP_SERVICES: Readonly<
  Record<Transport, { readonly services: string; readonly prefix: string }>
> = {
  udp: { services: 'SIP+D2U', prefix: '_sip._udp' },
  tcp: { services: 'SIP+D2T', prefix: '_sip._tcp' },
  tls: { services: 'SIPS+D2T', prefix: '_sips._tcp' },
  ws: { services: 'SIP+D2W', prefix: '_ws._tcp' },
  wss: { services: 'SIPS+D2W', prefix: '_wss._tcp' },
}

/** The SRV name for a transport under `owner`. Throws `NameError` where it gets too long. */
export function srvName(transport: Transport, owner: DomainName): DomainName {
  return canonicalName(SIP_SERVICES[transport].prefix, owner)
}
