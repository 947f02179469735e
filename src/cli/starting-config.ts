export interface StartingPoint {
  /** The SIP domain, with or without a dot at its end. */
  readonly domain: string
  /** Addresses of SIP servers, best first. */
  readonly servers: readonly string[]
  /** Public addresses of the name servers, that of the one being set up first. */
  readonly nameservers: readonly string[]
}

/** A configuration that teaches: it loads as it is, and its comments say what to change. */
export function startingConfig({ domain, servers, nameservers }: StartingPoint): string {
  const zone = domain.replace(/\.$/, '')
  const targets = servers.map((address, index) => {
    const name = `sip${index + 1}`
    return `      ${name}: { address: "${address}", priority: ${(index + 1) * 10} }`
  })
  const names = nameservers.map((_, index) => `ns${index + 1}`)
  const glue = nameservers.map(
    (address, index) => `      ${names[index]}  IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`,
  )
  const hasIpv6 = servers.some((address) => address.includes(':'))
  return `# sipvane: failover DNS for ${zone}. Check it with \`sipvane check -c FILE\`.

# Last known health, so that a restart does not begin blind.
state: ./var

dns:
  # Each address takes UDP and TCP. In production: this server's public addresses, port 53
  # (a port below 1024 needs CAP_NET_BIND_SERVICE).
  listen: ["127.0.0.1:5353"]

probes:
  # A SIP OPTIONS request, as a phone's keep-alive. Two passes in a row bring a server back, three fails in a row
  # take it out; after a first fail the next questions follow at a fifth of the interval.
  options: { type: sip-options, transport: udp, interval: 2s, timeout: 1s, rise: 2, fall: 3 }

pools:
  edge:
    # failover: the lowest priority that lives gets the calls. Also: weighted, all.
    policy: failover
    probes: [options]
    # When every server is down, guessing beats an empty answer that resolvers cache for minutes.
    allDown: serve-all
    # A server that returns must stay well for this long before calls go back to it.
    failback: { mode: auto, delay: 60s }
    targets:
${targets.join('\n')}

zones:
  ${zone}:
    # Delegate the domain to these at your registrar or parent zone. Two or more, on different networks; each runs sipvane
    # with this file, but for addresses of its own in \`listen\`.
    nameservers: [${names.map((name) => `${name}.${zone}.`).join(', ')}]
    ttl: { min: 10s, max: 30s }   # short while anything is suspect
    negativeTtl: 15s              # at 10 s or less FreeSWITCH falls back to 600 s of its own
    records: |
${glue.join('\n')}
    answers:
      - { name: "@", type: A, pool: edge }
${hasIpv6 ? '      - { name: "@", type: AAAA, pool: edge }\n' : ''}      - { name: _sip._udp, type: SRV, pool: edge }
      - { name: _sip._tcp, type: SRV, pool: edge }
      - { name: "@", type: NAPTR, pool: edge, transports: [udp, tcp] }

# Health and status of this instance: \`sipvane status\`, /healthz, /readyz. Off loopback a token is required.
admin: { listen: "127.0.0.1:8053" }
`
}
