import { type EchoWay, GROUPS } from './echo-space.ts'
import { Namespaces } from './namespaces.ts'
import { FIBRE, LINKS, type Link, NAMESPACES, WORLD } from './places.ts'

/** What can happen to the first link; `reference-host` is a fault of nobody's link. */
export const FAULTS = {
  cable: 'cable out',
  interface: 'interface gone, address and all',
  silent: 'upstream silent',
  loss: '40 % loss each way',
  dns: 'DNS alone does not pass',
  'reference-host': 'one reference host dead',
} as const

export type Fault = keyof typeof FAULTS

/**
 * An office behind two routers that translate addresses, and the world:
 *
 *     office -- isp1 (NAT, 192.0.2.1)    -- internet
 *            \- isp2 (NAT, 198.51.100.1) -/
 *
 * What leaves the office with the address of a link leaves by that link (a routing table each); what has no address yet goes by the main
 * table, where each link has a default route and the first one's is preferred until somebody puts a better one in.
 */
export class OfficeNetwork {
  readonly spaces: Namespaces

  private constructor(spaces: Namespaces) {
    this.spaces = spaces
  }

  /** `echoBy`: whether the office's system lets sipvane send echo requests by sockets of its own. */
  static async open(echoBy: EchoWay = 'socket'): Promise<OfficeNetwork> {
    const spaces = await Namespaces.create(NAMESPACES)
    const network = new OfficeNetwork(spaces)
    try {
      await spaces.sysctl('office', 'ping_group_range', GROUPS[echoBy])
      for (const link of LINKS) await network.#connect(link)
      const hosts = [
        ...WORLD.references,
        ...WORLD.stun,
        WORLD.resolver,
        WORLD.primary,
        WORLD.trunk,
        WORLD.phone,
      ]
      await spaces.links('internet', [...hosts.map((address) => `addr add ${address}/32 dev lo`)])
      await spaces.filter('internet', FAULT_TABLE)
    } catch (error) {
      await spaces.remove()
      throw error
    }
    return network
  }

  async #connect(link: Link): Promise<void> {
    const { spaces } = this
    const { isp, device, local, gateway, publicAddress, worldEnd } = link
    await spaces.cable(['office', device], [isp, 'inside'])
    await spaces.cable([isp, 'outside'], ['internet', isp])
    await spaces.links('office', [
      `addr add ${local}/24 dev ${device}`,
      `rule add from ${local} table ${link.table}`,
    ])
    await this.#wayOut(link)
    await spaces.links(isp, [
      `addr add ${gateway}/24 dev inside`,
      `addr add ${publicAddress}/24 dev outside`,
      `route add default via ${worldEnd} dev outside`,
    ])
    await spaces.links('internet', [`addr add ${worldEnd}/24 dev ${isp}`])
    await spaces.sysctl(isp, 'ip_forward', '1')
    await spaces.filter(
      isp,
      `${FAULT_TABLE}
table ip nat {
  chain before {
    type nat hook prerouting priority dstnat
    iifname "outside" fib daddr type local dnat to ${local}
  }
  chain after {
    type nat hook postrouting priority srcnat
    oifname "outside" masquerade
  }
}`,
    )
  }

  /**
   * The link's own table, where without the unreachable route what finds no way would leave by the other link; and its place in the main
   * one.
   */
  async #wayOut({ device, gateway, table, metric }: Link): Promise<void> {
    await this.spaces.links('office', [
      `route replace default via ${gateway} dev ${device} metric ${metric}`,
      `route replace default via ${gateway} dev ${device} table ${table}`,
      `route replace unreachable default metric 4000 table ${table}`,
    ])
  }

  /** Resolves when it has happened to the first link. */
  async fail(fault: Fault): Promise<void> {
    const { isp, device, local } = FIBRE
    switch (fault) {
      case 'cable':
        return this.spaces.links(isp, ['link set inside down'])
      case 'interface':
        // As DHCP clients and network managers do a moment after the carrier is lost.
        return this.spaces.links('office', [`link set ${device} down`, `addr del ${local}/24 dev ${device}`])
      case 'silent':
        return this.#drop(isp, 'drop')
      case 'loss':
        return this.#drop(isp, 'numgen random mod 100 < 40 drop')
      case 'dns':
        return this.#drop(
          isp,
          'meta l4proto { tcp, udp } th dport 53 drop',
          'meta l4proto { tcp, udp } th sport 53 drop',
        )
      case 'reference-host':
        return this.spaces.links('internet', [`addr del ${WORLD.references[0]}/32 dev lo`])
    }
  }

  async restore(fault: Fault): Promise<void> {
    const { isp, device, local } = FIBRE
    switch (fault) {
      case 'cable':
        return this.spaces.links(isp, ['link set inside up'])
      case 'interface':
        await this.spaces.links('office', [`link set ${device} up`, `addr add ${local}/24 dev ${device}`])
        return this.#wayOut(FIBRE)
      case 'reference-host':
        return this.spaces.links('internet', [`addr add ${WORLD.references[0]}/32 dev lo`])
      default:
        return this.spaces.filter(isp, 'flush chain ip faults passing')
    }
  }

  /** The provider gives the router another address, at once and without a word. */
  async renumber({ isp, publicAddress, nextPublicAddress, worldEnd }: Link): Promise<void> {
    await this.spaces.links(isp, [
      `addr del ${publicAddress}/24 dev outside`,
      `addr add ${nextPublicAddress}/24 dev outside`,
      `route replace default via ${worldEnd} dev outside`,
    ])
  }

  async #drop(isp: string, ...rules: readonly string[]): Promise<void> {
    await this.spaces.filter(isp, rules.map((rule) => `add rule ip faults passing ${rule}\n`).join(''))
  }

  async close(): Promise<void> {
    await this.spaces.remove()
  }
}

const FAULT_TABLE = `table ip faults {
  chain passing {
    type filter hook forward priority 0
  }
}`
