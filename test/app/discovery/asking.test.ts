/** Whom discovery asks, through what, and for how long. */
import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { AddressDiscovery } from '../../../src/app/discovery/discovery.ts'
import { systemClock } from '../../../src/app/system.ts'
import { createTimerWheel } from '../../../src/app/timer-wheel.ts'
import type { Settings } from '../../../src/core/settings.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { settingsOf } from '../../support/settings.ts'
import { until } from '../../support/sip-real-time.ts'
import { stunSuccess } from '../../support/stun-messages.ts'
import { certificate } from '../../support/tls-fixtures.ts'

const EVERY_SECOND = '* * * * * *'
const NEVER = '0 0 29 2 *'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A STUN server that keeps from where it was asked. */
async function stunServer(first: string) {
  const server = { port: 0, saying: first, asked: [] as string[] }
  const socket: Socket = createSocket('udp4', (request, from) => {
    server.asked.push(from.address)
    const reply = stunSuccess(request.subarray(8, 20), { address: server.saying, port: 40_000 })
    socket.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  server.port = socket.address().port
  return server
}

const config = (address: string): Settings =>
  settingsOf(`
node: pbx
probes: { told: { type: push } }
pools:
  links:
    policy: failover
    probes: [told]
    targets:
      fibre: { address: ${address}, source: 127.0.0.9, priority: 10 }
      lte: { address: 198.51.100.9, priority: 20 }
zones: {}
`)
const viaStun = (port: number, { check = NEVER, initial = '192.0.2.1' } = {}) =>
  config(`{ discover: stun, initial: ${initial}, server: "127.0.0.1:${port}", check: "${check}" }`)

function discovering() {
  const timers = createTimerWheel(systemClock)
  const logger = recordingLogger()
  const discovery = new AddressDiscovery({ clock: systemClock, timers, logger, changed: () => {} })
  cleanups.push(async () => {
    await discovery.close()
    timers.stop()
  })
  const addressIn = (settings: Settings) =>
    discovery.applied(settings).pools.get('links')?.targets[0]?.addresses
  return { discovery, addressIn, logger }
}

test('a STUN server is asked through the link', async () => {
  const stun = await stunServer('203.0.113.9')
  const { discovery } = discovering()
  await discovery.adopt(viaStun(stun.port))
  expect(new Set(stun.asked)).toEqual(new Set(['127.0.0.9']))
})

test('a link that is inside some network by its configuration is believed to be there', async () => {
  const stun = await stunServer('10.1.2.3')
  const { discovery, addressIn } = discovering()
  const settings = viaStun(stun.port, { initial: '10.0.0.1' })
  await discovery.adopt(settings)
  expect(addressIn(settings)).toEqual(['10.1.2.3'])
})

test('an https source that cannot prove who it is is not believed', async () => {
  const server = createServer(certificate('self-signed'), (_, response) => response.end('203.0.113.9'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as AddressInfo
  const { discovery, addressIn, logger } = discovering()
  const settings = config(
    `{ discover: http, initial: 192.0.2.1, url: "https://127.0.0.1:${port}/", check: "${NEVER}" }`,
  )
  await discovery.adopt(settings)
  expect(addressIn(settings)).toEqual(['192.0.2.1'])
  expect(logger.messagesOf('address.unknown')).toHaveLength(1)
})

test('an unchanged target goes on being asked over a reload, one that is gone is asked no more', async () => {
  const stun = await stunServer('203.0.113.9')
  const { discovery, addressIn } = discovering()
  const settings = viaStun(stun.port, { check: EVERY_SECOND })
  await discovery.adopt(settings)
  await discovery.adopt(settings)
  stun.saying = '203.0.113.10'
  await until(() => addressIn(settings)?.[0] === '203.0.113.10', 'the next check', 15_000)
  await discovery.adopt(config('192.0.2.1'))
  // What was on its way when it went.
  await new Promise((resolve) => setTimeout(resolve, 100))
  const asked = stun.asked.length
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  expect(stun.asked).toHaveLength(asked)
}, 30_000)
