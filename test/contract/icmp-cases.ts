import { afterAll } from 'vitest'
import { GROUPS } from '../support/netns/echo-space.ts'
import { enterNamespace } from '../support/netns/enter.ts'
import { Namespaces, namespacesRefused } from '../support/netns/namespaces.ts'
import type { CaseMaker, World } from './probe-worlds.ts'

const NO_PORTS = { udp: 1, tcp: 1, tls: 1, ws: 1, wss: 1 }
const NOBODY: World = { ports: NO_PORTS, options: {}, close: async () => {} }

/** Made once, with a place for each way. */
let spaces: Promise<Namespaces> | undefined
afterAll(async () => (await spaces)?.remove())

async function made(): Promise<Namespaces> {
  const ways = Object.entries(GROUPS)
  const namespaces = await Namespaces.create(ways.map(([way]) => way))
  for (const [way, groups] of ways) await namespaces.sysctl(way, 'ping_group_range', groups)
  return namespaces
}

/** The far end is a loopback, which works whatever is wanted of it; what differs is the way there. */
export const icmpCases: CaseMaker = (definition) => {
  const asThisSystemHasIt = { name: definition.kind, definition, options: {}, open: async () => NOBODY }
  if (namespacesRefused() !== undefined) return [asThisSystemHasIt]
  return (['socket', 'ping'] as const).map((way) => ({
    name: `${definition.kind} by ${way}`,
    definition,
    options: {},
    async open() {
      spaces ??= made()
      let leave: (() => void) | undefined = enterNamespace((await spaces).path(way))
      const close = async () => {
        leave?.()
        leave = undefined
      }
      return { ...NOBODY, close }
    },
  }))
}
