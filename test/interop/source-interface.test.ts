/** The kernel's own word on which link a question leaves by: two network namespaces with the same server address. Needs root; iproute2. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Target } from '../../src/core/target.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import {
  createLinkNamespaces,
  type LinkNamespaces,
  linksRefused,
  PORT,
  SERVER,
} from '../support/link-namespaces.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const refused = hasPeer('ip', 'iproute2') ? linksRefused() : 'needs iproute2'

describe.skipIf(refused !== undefined)(`two links to one address (${refused ?? 'made'})`, () => {
  let lab: LinkNamespaces
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const cleanups: (() => Promise<unknown>)[] = [() => sip.close()]

  beforeAll(async () => {
    lab = await createLinkNamespaces()
    cleanups.push(() => lab.close())
  }, 60_000)
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }, 30_000)

  function prober(kind: string, options: object = {}) {
    const definition = probeDefinitions.get(kind)
    if (definition === undefined) throw new Error(`no kind ${kind}`)
    const made = definition.create(
      definition.options.parse(options),
      probeDeps({ clock: realTime, timers: realTime, sip }),
    )
    cleanups.push(() => made.close())
    const ask = (source: string | undefined, timeoutMs = 5000): Promise<Outcome> => {
      const target: Target = labTarget(PORT, source === undefined ? {} : { source })
      return made.ask(target, SERVER, { timeoutMs })
    }
    return ask
  }

  test.each(['udp', 'tcp'])(
    'OPTIONS over %s leave by the interface, whatever the routing table prefers',
    async (transport) => {
      const ask = prober('sip-options', { transport })
      const [first, second] = lab.links
      expect(await ask(undefined)).toMatchObject({ result: 'pass', detail: '200 link1' })
      expect(await ask(second.device)).toMatchObject({ result: 'pass', detail: '200 link2' })
      expect(await ask(first.device)).toMatchObject({ result: 'pass', detail: '200 link1' })
      // An address alone does not choose the link: the first one's route wins, and its server has no way back to that address.
      expect(await ask(second.address, 700)).toMatchObject({ result: 'fail', reason: 'timeout' })
    },
  )

  test('a page over HTTP and an echo request leave by it, too', async () => {
    const [first, second] = lab.links
    expect(await prober('http', { body: 'link2' })(second.device)).toMatchObject({ result: 'pass' })
    expect(await prober('http', { body: 'link2', keepAlive: true })(second.device)).toMatchObject({
      result: 'pass',
    })
    expect(await prober('http', { body: 'link2' })(first.device)).toMatchObject({ reason: 'unexpected' })
    expect(await prober('icmp')(second.device)).toMatchObject({ result: 'pass' })
  })

  test.each([
    ['sip-options', { transport: 'udp' }],
    ['sip-options', { transport: 'tcp' }],
    ['tcp', {}],
    ['http', { keepAlive: true }],
    ['icmp', {}],
  ])(
    '%s %j: inconclusive while the interface is gone, and right again once it is back',
    async (kind, options) => {
      const ask = prober(kind, options)
      const [, second] = lab.links
      expect(await ask(second.device)).toMatchObject({ result: 'pass' })
      second.unplug()
      try {
        // Twice: what was kept open from before must not be believed once, and not be kept.
        expect(await ask(second.device, 1000)).toMatchObject({ result: 'inconclusive', reason: 'no-route' })
        expect(await ask(second.device, 1000)).toMatchObject({ result: 'inconclusive', reason: 'no-route' })
        expect(await ask(undefined)).toMatchObject({ result: 'pass' })
      } finally {
        second.plug()
      }
      expect(await ask(second.device)).toMatchObject({ result: 'pass' })
    },
    30_000,
  )
})
