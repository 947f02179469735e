import { enterNamespace } from './enter.ts'
import { Namespaces } from './namespaces.ts'

/** Values of `net.ipv4.ping_group_range`: everybody may have echo sockets, or nobody, as a new namespace has it. */
export const GROUPS = { socket: '0 2147483647', ping: '1 0' } as const

/** By which way an icmp probe has to ask. */
export type EchoWay = keyof typeof GROUPS

/** Where the test itself is now, with a loopback of its own. */
export interface EchoSpace {
  allow(way: EchoWay): Promise<void>
  close(): Promise<void>
}

/** Makes a namespace of that kind and takes this thread there, until it is closed. Needs what `namespacesRefused` tells. */
export async function enterEchoSpace(way: EchoWay): Promise<EchoSpace> {
  const spaces = await Namespaces.create(['echo'])
  const allow = (other: EchoWay) => spaces.sysctl('echo', 'ping_group_range', GROUPS[other])
  await allow(way)
  const leave = enterNamespace(spaces.path('echo'))
  return {
    allow,
    async close() {
      leave()
      await spaces.remove()
    },
  }
}
