import { KEY } from '../update-server.ts'
import { FIBRE, LINKS, type Link, LTE, PBX_NAME, REFERENCE_NAME, WORLD, ZONE } from './places.ts'

export interface OfficeConfig {
  readonly amiPort: number
  /** Path of the program that turns the main table toward the live link. */
  readonly routeProgram: string
  /** Where sipvane keeps what it knows. */
  readonly stateDir: string
  /** Whether the links are asked for names, too. */
  readonly askNames: boolean
  /** TTL of the name, in seconds. */
  readonly ttlS: number
  /** How long the better link has to be up before the name goes back, in seconds. */
  readonly failbackS: number
  /** How questions are bound to their link. */
  readonly sourceBy: 'address' | 'interface'
  /** `links`: sipvane is the zone's name server, on both links; `primary`: it updates a primary in the world, and answers the PBX alone. */
  readonly authority: 'links' | 'primary'
}

/**
 * The office's configuration: sipvane on the PBX itself, name server over both links. The public addresses have to be found: `initial` is
 * nobody's.
 */
export function officeConfig(options: OfficeConfig): string {
  const { amiPort, routeProgram, askNames, ttlS, failbackS, authority, sourceBy, stateDir } = options
  // On every address, so that a start needs no link: an address that is not there cannot be listened on.
  const listen = authority === 'links' ? '0.0.0.0:53' : '127.0.0.1:53'
  return `
node: pbx
state: ${stateDir}
dns: { listen: ["${listen}"] }
admin: { listen: "127.0.0.1:0" }
probes:
  upstream:
    type: icmp
    destinations: [${WORLD.references.join(', ')}]
    interval: 1s
    timeout: 500ms
    quality: { loss: 5%, window: 12s }
  names:
    type: dns
    name: ${REFERENCE_NAME}.
    recursion: true
    destinations: [${WORLD.resolver}]
    interval: 1s
    timeout: 500ms
pools:
  links:
    policy: failover
    probes: [upstream${askNames ? ', names' : ''}]
    failback: { mode: auto, delay: ${failbackS}s }
    damping: off
    targets:
${targetOf(FIBRE, 10, sourceBy)}
${targetOf(LTE, 20, sourceBy)}
zones:
  ${ZONE}:
    nameservers: [ns1.${ZONE}., ns2.${ZONE}.]
    ttl: ${ttlS}s
    publish: [${authority === 'links' ? 'dns' : 'dns, primary'}]
    records: |
      ns1 IN A ${FIBRE.publicAddress}
      ns2 IN A ${LTE.publicAddress}
    answers:
      - { name: pbx, type: A, pool: links }
${authority === 'links' ? '' : PRIMARY}hooks:
  route:
    type: exec
    pool: links
    command: [${routeProgram}]
    takes: newest
  asterisk:
    type: asterisk-ami
    after: route
    pool: links
    port: ${amiPort}
    user: sipvane
    secret: not-a-real-secret
    externalName: ${PBX_NAME}
    resolver: 127.0.0.1:53
`
}

const PRIMARY = `providers:
  primary:
    type: rfc2136
    server: "${WORLD.primary}:53"
    timeout: 1s
    key: { name: ${KEY.name}, algorithm: ${KEY.algorithm}, secret: ${KEY.secret} }
`

function targetOf(
  { name, local, device }: Link,
  priority: number,
  sourceBy: 'address' | 'interface',
): string {
  const initial = name === 'fibre' ? '192.0.2.201' : '198.51.100.201'
  return `      ${name}:
        priority: ${priority}
        source: ${sourceBy === 'address' ? local : device}
        address:
          discover: stun
          initial: ${initial}
          server: [${WORLD.stun.map((address) => `"${address}:3478"`).join(', ')}]
          check: "* * * * * *"`
}

/** Better than that of every link's own default route. */
const LIVE_METRIC = 50

/** What the main table leads to, for all that has no address of a link yet: Asterisk's registrations, and everybody else's traffic. */
export const ROUTE_PROGRAM = `#!/bin/sh
case "$SIPVANE_ACTIVE" in
${LINKS.map(({ name, gateway, device }) => `  ${name}) exec ip route replace default via ${gateway} dev ${device} metric ${LIVE_METRIC} ;;`).join('\n')}
esac
`
