import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../src/app/app.ts'
import { applyOnce } from '../../../src/app/apply-once.ts'
import { askOnce } from '../../../src/app/ask-once.ts'
import { unaddressedPools } from '../../../src/app/discovery/unaddressed.ts'
import type { App } from '../../../src/app/facade.ts'
import { silentLogger } from '../../../src/core/ports.ts'
import { formatZone } from '../../../src/zone/format.ts'
import { createDatagramLab, type DatagramLab } from '../../support/datagram-lab.ts'
import { settingsOf } from '../../support/settings.ts'
import { until } from '../../support/sip-real-time.ts'
import { tellingAddress } from '../../support/stun-messages.ts'

let stun: DatagramLab
/** What the STUN server says; nothing: it is silent. */
let saying: string | undefined
let app: App | undefined

beforeEach(async () => {
  saying = '127.0.0.5'
  stun = await createDatagramLab()
  stun.behave(tellingAddress(() => saying))
})
afterEach(async () => {
  await app?.stop()
  app = undefined
  await stun.close()
})

/** As the contract writes it: `discover` and `server`, no more. */
function config(others = '') {
  return settingsOf(`
node: pbx
probes: { told: { type: push } }
pools:
  links:
    policy: failover
    probes: [told]
    failback: { mode: auto, delay: 0s }
    targets:
      fibre: { address: { discover: stun, server: "127.0.0.1:${stun.port}"${others === '' ? '' : ', check: "* * * * * *"'} }, priority: 10 }
${others}
zones:
  pbx.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    answers: [{ name: "@", type: A, pool: links }, { name: _sip._udp, type: SRV, pool: links }]
`)
}
const LTE = '      lte: { address: 198.51.100.9, priority: 20 }'

async function started(settings = config()) {
  app = createApp(settings, { logger: silentLogger, version: '0' })
  await app.start()
  const running = app
  return { running, zone: () => [...(running.snapshot()?.zones.values() ?? [])].map(formatZone).join() }
}

describe('a link whose address is discovered, without an initial one', () => {
  it('is published by what its source says', async () => {
    const { zone } = await started()
    expect(zone()).toMatch(/^pbx\.example\.com\. \d+ IN A 127\.0\.0\.5$/m)
    expect(zone()).toMatch(/^fibre\.pbx\.example\.com\. \d+ IN A 127\.0\.0\.5$/m)
  })

  it('is left out while nobody says it, and comes in as soon as somebody does', async () => {
    saying = undefined
    const { running, zone } = await started(config(LTE))
    expect(zone()).toMatch(/^pbx\.example\.com\. \d+ IN A 198\.51\.100\.9$/m)
    expect(zone()).not.toContain('fibre.pbx')
    expect(running.status().pools.links?.targets.fibre).toMatchObject({
      addresses: [],
      why: ['its address is not found yet'],
    })
    saying = '127.0.0.6'
    await until(() => /^pbx\.example\.com\. \d+ IN A 127\.0\.0\.6$/m.test(zone()), 'it comes in', 15_000)
    expect(zone()).toContain(' IN SRV 10 100 5060 fibre.pbx.example.com.')
  }, 30_000)

  it('is not believed to be inside where its source is outside', async () => {
    saying = '192.168.1.2'
    const { zone } = await started(config(LTE))
    expect(zone()).not.toContain('192.168.1.2')
  })

  it('lets apply change nothing while no link of its pool has an address', async () => {
    saying = undefined
    const settings = config()
    expect(unaddressedPools(settings)).toEqual(['links'])
    expect(unaddressedPools(config(LTE))).toEqual([])
    const run = async () => {
      for await (const _ of applyOnce(settings, { planOnly: true }, { logger: silentLogger, version: '0' }));
    }
    await expect(run()).rejects.toMatchObject({ code: 'address-unknown' })
  }, 30_000)

  it('is found first where one round of its probes is asked for', async () => {
    const settings = config()
    const [target] = settings.pools.get('links')?.targets ?? []
    if (target === undefined) throw new Error('no target')
    const asked: string[] = []
    for await (const { address } of askOnce(settings, target)) asked.push(address)
    expect(asked).toEqual(['127.0.0.5'])
  })
})
