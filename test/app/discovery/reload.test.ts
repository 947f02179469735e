/** A reload and a found address do not undo each other. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../src/app/app.ts'
import type { App } from '../../../src/app/facade.ts'
import { silentLogger } from '../../../src/core/ports.ts'
import { createDatagramLab, type DatagramLab } from '../../support/datagram-lab.ts'
import { settingsOf } from '../../support/settings.ts'
import { until } from '../../support/sip-real-time.ts'
import { tellingAddress } from '../../support/stun-messages.ts'

let stun: DatagramLab
let saying = '203.0.113.9'
let app: App | undefined
beforeEach(async () => {
  saying = '203.0.113.9'
  stun = await createDatagramLab()
  stun.behave(tellingAddress(() => saying))
})
afterEach(async () => {
  await app?.stop()
  app = undefined
  await stun.close()
})

const discovered = () =>
  `{ discover: stun, initial: 192.0.2.1, server: "127.0.0.1:${stun.port}", check: "* * * * * *" }`
const config = (lte: string, umts = '198.51.100.20') =>
  settingsOf(`
node: pbx
probes: { told: { type: push } }
pools:
  links:
    policy: failover
    probes: [told]
    targets:
      fibre: { address: ${discovered()} }
      lte: { address: ${lte} }
      umts: { address: ${umts} }
zones: {}
`)
const addressOf = (name: string) => app?.status().pools.links?.targets[name]?.addresses[0]

test('a link that a reload has discovered is asked for; the next change of an address leaves the reload in force', async () => {
  app = createApp(config('198.51.100.9'), { logger: silentLogger, version: '0' })
  await app.start()
  expect([addressOf('fibre'), addressOf('lte')]).toEqual(['203.0.113.9', '198.51.100.9'])
  await app.reload(config(discovered(), '198.51.100.21'))
  expect(addressOf('lte')).toBe('203.0.113.9')
  saying = '203.0.113.10'
  await until(() => addressOf('fibre') === '203.0.113.10', 'the new address', 15_000)
  expect(addressOf('umts')).toBe('198.51.100.21')
}, 30_000)
