import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../src/app/app.ts'
import { AddressDiscovery } from '../../../src/app/discovery/discovery.ts'
import { systemClock } from '../../../src/app/system.ts'
import { createTimerWheel } from '../../../src/app/timer-wheel.ts'
import type { Settings } from '../../../src/core/settings.ts'
import { formatZone } from '../../../src/zone/format.ts'
import { createDatagramLab, type DatagramLab } from '../../support/datagram-lab.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { settingsOf } from '../../support/settings.ts'
import { until } from '../../support/sip-real-time.ts'
import { stunSuccess, tellingAddress } from '../../support/stun-messages.ts'

/** Never within a test's time: rounds are asked for by hand. */
const NEVER = '0 0 29 2 *'

let stun: DatagramLab
let http: Server
let httpPort = 0
/** What each source says now. */
let saying: { stun: string; http: string; status: number }
let httpFrom: (string | undefined)[] = []
const cleanups: (() => Promise<void> | void)[] = []

beforeEach(async () => {
  saying = { stun: '203.0.113.9', http: '203.0.113.9\n', status: 200 }
  httpFrom = []
  stun = await createDatagramLab()
  stun.behave(tellingAddress(() => saying.stun))
  http = createServer((request, response) => {
    httpFrom.push(request.socket.remoteAddress)
    response.writeHead(saying.status).end(saying.http)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const bound = http.address()
  httpPort = typeof bound === 'object' && bound !== null ? bound.port : 0
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
  await stun.close()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

function config(address: string): Settings {
  return settingsOf(`
node: pbx
probes: { told: { type: push } }
pools:
  links:
    policy: failover
    probes: [told]
    targets:
      fibre: { address: ${address}, source: 127.0.0.9, priority: 10 }
      lte: { address: 198.51.100.9, priority: 20 }
zones:
  pbx.example.com:
    nameservers: [ns1.example.net.]
    answers: [{ name: "@", type: A, pool: links }]
`)
}

const viaStun = (check = NEVER) =>
  `{ discover: stun, initial: 192.0.2.1, server: "127.0.0.1:${stun.port}", check: "${check}" }`
const viaBoth = () =>
  `{ discover: http, initial: 192.0.2.1, url: "http://127.0.0.1:${httpPort}/ip", server: "127.0.0.1:${stun.port}", check: "${NEVER}" }`

function discovering() {
  const logger = recordingLogger()
  const timers = createTimerWheel(systemClock)
  let changes = 0
  const discovery = new AddressDiscovery({
    clock: systemClock,
    timers,
    logger,
    changed: () => {
      changes++
    },
  })
  cleanups.push(async () => {
    await discovery.close()
    timers.stop()
  })
  const addressIn = (settings: Settings) =>
    discovery.applied(settings).pools.get('links')?.targets[0]?.addresses
  return { discovery, logger, addressIn, changes: () => changes }
}

test('the address that the STUN server sees takes the place of the configured one', async () => {
  const { discovery, addressIn, changes } = discovering()
  const settings = config(viaStun())
  await discovery.adopt(settings)
  expect(addressIn(settings)).toEqual(['203.0.113.9'])
  expect(changes()).toBe(0)
  saying.stun = '203.0.113.10'
  await discovery.check()
  await discovery.check()
  expect(addressIn(settings)).toEqual(['203.0.113.10'])
  expect(changes()).toBe(1)
})

test('what was found stays while nobody answers, and that is told once', async () => {
  const { discovery, addressIn, logger, changes } = discovering()
  const settings = config(
    `{ discover: http, initial: 192.0.2.1, url: "http://127.0.0.1:${httpPort}/ip", check: "${NEVER}" }`,
  )
  await discovery.adopt(settings)
  saying.status = 500
  await discovery.check()
  await discovery.check()
  expect(addressIn(settings)).toEqual(['203.0.113.9'])
  expect(changes()).toBe(0)
  expect(logger.messagesOf('address.unknown')).toEqual([
    'the address of links/fibre could not be found: http 127.0.0.1 says nothing (status 500)',
  ])
})

test('two sources that disagree change nothing and are reported; each is asked through the link', async () => {
  const { discovery, addressIn, logger, changes } = discovering()
  const settings = config(viaBoth())
  await discovery.adopt(settings)
  saying.http = '{"ip":"198.51.100.77"}'
  await discovery.check()
  expect(addressIn(settings)).toEqual(['203.0.113.9'])
  expect(logger.messagesOf('address.disagreement')).toEqual([
    `sources disagree on the address of links/fibre: http 127.0.0.1 says 198.51.100.77, stun 127.0.0.1 port ${stun.port} says 203.0.113.9; 203.0.113.9 stands`,
  ])
  saying.stun = '198.51.100.77'
  await discovery.check()
  expect(addressIn(settings)).toEqual(['198.51.100.77'])
  expect(changes()).toBe(1)
  expect(new Set(httpFrom)).toEqual(new Set(['127.0.0.9']))
})

test.each(['<html>', '10.0.0.1', '{"ip":', '2001:db8::1', 'x'.repeat(100_000)])(
  'a hostile answer (%.12s) is never published',
  async (text) => {
    saying.http = text
    const { discovery, addressIn } = discovering()
    const settings = config(
      `{ discover: http, initial: 192.0.2.1, url: "http://127.0.0.1:${httpPort}/", check: "${NEVER}" }`,
    )
    await discovery.adopt(settings)
    expect(addressIn(settings)).toEqual(['192.0.2.1'])
  },
)

test('a running instance starts with what it found, and publishes a changed address at once', async () => {
  const app = createApp(config(viaStun('* * * * * *')), { logger: recordingLogger(), version: '0' })
  cleanups.push(() => app.stop())
  await app.start()
  const answered = () => [...(app.snapshot()?.zones.values() ?? [])].map(formatZone).join()
  expect(answered()).toContain('203.0.113.9')
  expect(answered()).not.toContain('192.0.2.1')
  saying.stun = '203.0.113.10'
  await until(() => answered().includes('203.0.113.10'), 'the new address', 20_000)
  expect(answered()).not.toContain('203.0.113.9\n')
  // A reload does not go back to what the file says.
  await app.reload(config(viaStun('*/2 * * * * *')))
  expect(answered()).toContain('203.0.113.10')
}, 30_000)

/** As it was, but for another key of the target. */
const edited = (settings: Settings, change: object): Settings => {
  const pools = [...settings.pools].map(
    ([name, pool]) =>
      [name, { ...pool, targets: pool.targets.map((target) => ({ ...target, ...change })) }] as const,
  )
  return { ...settings, pools: new Map(pools) }
}

test('what was found stays over a change of the target, though nobody says it again', async () => {
  const { discovery, addressIn, changes } = discovering()
  const settings = config(viaBoth())
  await discovery.adopt(settings)
  saying.stun = saying.http = '203.0.113.10'
  await discovery.check()
  expect(changes()).toBe(1)
  saying.status = 500
  stun.behave(() => {})
  const next = edited(settings, { priority: 15 })
  await discovery.adopt(next)
  expect(addressIn(next)).toEqual(['203.0.113.10'])
  // Nor while it is out of the configuration, by a slip say.
  await discovery.adopt(edited(settings, { discover: undefined }))
  await discovery.adopt(settings)
  expect(addressIn(settings)).toEqual(['203.0.113.10'])
}, 30_000)

test('a target that leaves by another link has another address: what was found by the old one is not taken for it', async () => {
  const { discovery, addressIn } = discovering()
  const settings = config(viaStun())
  await discovery.adopt(settings)
  stun.behave(() => {})
  const next = edited(settings, { source: '127.0.0.8' })
  await discovery.adopt(next)
  expect(addressIn(next)).toEqual(['192.0.2.1'])
}, 30_000)

test('an answer that comes through the link that was is not taken for the one that is', async () => {
  const { discovery, addressIn, changes, logger } = discovering()
  const settings = config(viaStun())
  await discovery.adopt(settings)
  const late: (() => void)[] = []
  stun.behave((request, reply) => {
    const id = Buffer.from(request.subarray(8, 20))
    late.push(() => reply.send(stunSuccess(id, { address: '203.0.113.99', port: 40_000 })))
  })
  const checking = discovery.check()
  await until(() => late.length > 0, 'the question', 10_000)
  stun.behave((request, reply) =>
    reply.send(stunSuccess(request.subarray(8, 20), { address: '203.0.113.66', port: 40_000 })),
  )
  const next = edited(settings, { source: '127.0.0.8' })
  await discovery.adopt(next)
  for (const answer of late) answer()
  await checking
  expect(addressIn(next)).toEqual(['203.0.113.66'])
  expect(changes()).toBe(0)
  expect(logger.messagesOf('address.changed').join()).not.toContain('203.0.113.99')
}, 30_000)
