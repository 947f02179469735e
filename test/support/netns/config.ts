import { KEY } from '../update-server.ts'
import { FIBRE, LINKS, type Link, LTE, PBX_NAME, REFERENCE_NAME, WORLD, ZONE } from './places.ts'

export interface OfficeConfig {
  readonly amiPort: number
  /** Path of the program that turns the main table toward the live link. */
  readonly routeProgram: string
  /** Whether the links are asked for names, too. */
  readonly askNames: boolean
  /** TTL of the name, in seconds. */
  readonly ttlS: number
  /** How long the better link has to be up before the name goes back, in seconds. */
  readonly failbackS: number
  /** `links`: sipvane is the zone's name server, on both links; `primary`: it updates a primary in the world, and answers the PBX alone. */
  readonly authority: 'links' | 'primary'
}

/** The office's configuration: sipvane on the PBX itself, name server on both links. The public addresses have to be found: `initial` is nobody's. */
export function officeConfig(options: OfficeConfig): string {
  const { amiPort, routeProgram, askNames, ttlS, failbackS, authority } = options
  const outside = authority === 'links' ? LINKS.map(({ local }) => local) : []
  return `
node: pbx
dns: { listen: [${['127.0.0.1', ...outside].map((address) => `"${address}:53"`).join(', ')}] }
admin: { listen: "127.0.0.1:0" }
probes:
  upstream:
    type: icmp
    destinations: [${WORLD.references.join(', ')}]
    interval: 1s
    timeout: 500ms
    quality: { loss: 5%, window: 10s }
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
${targetOf(FIBRE, 10)}
${targetOf(LTE, 20)}
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

function targetOf({ name, local }: Link, priority: number): string {
  const initial = name === 'fibre' ? '192.0.2.201' : '198.51.100.201'
  return `      ${name}:
        priority: ${priority}
        source: ${local}
        address:
          discover: stun
          initial: ${initial}
          server: [${WORLD.stun.map((address) => `"${address}:3478"`).join(', ')}]
          check: "* * * * * *"`
}

/** What the main table leads to, for all that has no address of a link yet: Asterisk's registrations, and everybody else's traffic. */
export const ROUTE_PROGRAM = `#!/bin/sh
case "$SIPVANE_ACTIVE" in
${LINKS.map(({ name, gateway, device }) => `  ${name}) exec ip route replace default via ${gateway} dev ${device} ;;`).join('\n')}
esac
`
