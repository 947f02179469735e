/** Who has which address in the lab of two links. Nothing of it leaves its namespaces. */

/** A way out of the office: its own network, its router's public address, and the network between that router and the world. */
export interface Link {
  readonly name: 'fibre' | 'lte'
  /** The namespace of its provider's router. */
  readonly isp: 'isp1' | 'isp2'
  /** The interface at the office. */
  readonly device: string
  readonly local: string
  readonly gateway: string
  readonly publicAddress: string
  /** What the router gets when the provider renumbers it. */
  readonly nextPublicAddress: string
  /** The far end of the router's outer network. */
  readonly worldEnd: string
  readonly outerNetwork: string
  /** The routing table that questions with this link's address go by. */
  readonly table: number
  /** Of its default route in the main table: what has no address yet takes the least. */
  readonly metric: number
}

export const FIBRE: Link = {
  name: 'fibre',
  isp: 'isp1',
  device: 'wan1',
  local: '192.168.1.2',
  gateway: '192.168.1.1',
  publicAddress: '192.0.2.1',
  nextPublicAddress: '192.0.2.77',
  worldEnd: '192.0.2.254',
  outerNetwork: '192.0.2.0/24',
  table: 101,
  metric: 100,
}

export const LTE: Link = {
  name: 'lte',
  isp: 'isp2',
  device: 'wan2',
  local: '192.168.2.2',
  gateway: '192.168.2.1',
  publicAddress: '198.51.100.1',
  nextPublicAddress: '198.51.100.77',
  worldEnd: '198.51.100.254',
  outerNetwork: '198.51.100.0/24',
  table: 102,
  metric: 200,
}

export const LINKS = [FIBRE, LTE] as const

export const NAMESPACES = ['office', 'isp1', 'isp2', 'internet'] as const

/** Hosts of the Internet: they answer pings, and what is said of them. */
export const WORLD = {
  references: ['203.0.113.101', '203.0.113.102', '203.0.113.103'],
  /** Recursive, with a cache: the phone's, and what `dns` probes ask. */
  resolver: '203.0.113.53',
  primary: '203.0.113.54',
  /** Two addresses of one coturn. */
  stun: ['203.0.113.78', '203.0.113.79'],
  /** A registrar that the PBX registers at. */
  trunk: '203.0.113.60',
  phone: '203.0.113.10',
} as const

export const ZONE = 'voice.example.com'
/** What phones, and the trunk, reach the PBX by. */
export const PBX_NAME = `pbx.${ZONE}`
/** A name that the resolver knows by itself. */
export const REFERENCE_NAME = 'reference.example.net'
