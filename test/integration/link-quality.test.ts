/**
 * A line that loses packets, over real sockets: its target is degraded, never dead, the name goes to the other one, and comes back when the
 * line is quiet.
 */
import { afterEach, expect, it } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { createLossyRelay } from '../support/lossy-relay.ts'
import { settingsOf } from '../support/settings.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

it('moves the name to the other link while a line loses more than it may, and back', async () => {
  const dsl = await createSipServer({ transport: 'udp', address: '127.0.0.1' })
  const lte = await createSipServer({ transport: 'udp', address: '127.0.0.2' })
  const line = { to: { address: '127.0.0.1', port: dsl.port }, loss: 0, seed: 5 }
  const relay = await createLossyRelay(line)
  open.push(dsl, lte, relay)
  const settings = settingsOf(`
node: pbx
probes:
  options:
    { type: sip-options, transport: udp, interval: 500ms, timeout: 400ms, quality: { loss: 10%, window: 6s } }
pools:
  links:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 1s }
    targets:
      dsl: { address: 127.0.0.1, port: ${relay.port}, priority: 10 }
      lte: { address: 127.0.0.2, port: ${lte.port}, priority: 20 }
`)
  const app = createApp(settings, { logger: silentLogger, version: '0' })
  open.push({ close: () => app.stop() })
  const told: string[] = []
  app.events.subscribe((event) => {
    if (event.type === 'verdict.changed' && event.target === 'links/dsl') told.push(event.to)
  })
  await app.start()
  const links = () => app.status().pools.links
  const active = () =>
    links()
      ?.decisions[0]?.active.map(({ target }) => target)
      .join()
  await until(() => links()?.targets.dsl?.real === 'up' && active() === 'dsl', 'dsl to serve', 15_000)

  line.loss = 0.15
  await until(() => active() === 'lte', 'the name to move', 60_000)
  expect(links()?.targets.dsl).toMatchObject({ real: 'degraded' })
  expect(links()?.targets.dsl?.why.join()).toMatch(/impaired: loss \d/)
  const figures = links()?.targets.dsl?.probes[0]?.quality
  expect(figures?.poor).toMatch(/^loss [\d.]+ % \(\d+ of \d+\), more than 10 %$/)

  expect(figures?.loss).toBeGreaterThan(0)
  expect(figures?.latencyMs).toBeGreaterThan(0)

  line.loss = 0
  await until(() => active() === 'dsl', 'the name to come back', 60_000)
  expect(told).not.toContain('down')
}, 150_000)
