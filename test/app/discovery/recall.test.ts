import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../src/app/app.ts'
import type { App } from '../../../src/app/facade.ts'
import { formatZone } from '../../../src/zone/format.ts'
import { createDatagramLab, type DatagramLab } from '../../support/datagram-lab.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { settingsOf } from '../../support/settings.ts'
import { until } from '../../support/sip-real-time.ts'
import { tellingAddress } from '../../support/stun-messages.ts'

let dir = ''
let stun: DatagramLab
/** What the STUN server says; undefined: nothing. */
let saying: string | undefined
let app: App | undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-addresses-'))
  saying = '203.0.113.9'
  stun = await createDatagramLab()
  stun.behave(tellingAddress(() => saying))
})
afterEach(async () => {
  await app?.stop()
  app = undefined
  await stun.close()
  await rm(dir, { recursive: true, force: true })
})

/** Starts an instance; tells how long that took and what it logged. */
async function start(initial: string | undefined = '192.0.2.1', others = '') {
  const logger = recordingLogger()
  const settings = settingsOf(`
node: pbx
state: ${dir}
probes: { told: { type: push } }
pools:
  links:
    policy: failover
    probes: [told]
    targets:
      fibre: { address: { discover: stun, ${initial === '' ? '' : `initial: ${initial}, `}server: "127.0.0.1:${stun.port}", check: "0 0 29 2 *" } }
${others}
zones:
  pbx.example.com:
    nameservers: [ns1.example.net.]
    answers: [{ name: "@", type: A, pool: links }]
`)
  const beganMs = performance.now()
  const made = createApp(settings, { logger, version: '0' })
  app = made
  await made.start()
  const answered = () => [...(made.snapshot()?.zones.values() ?? [])].map(formatZone).join()
  return { logger, answered, tookMs: performance.now() - beganMs }
}

async function restart(initial?: string) {
  await app?.stop()
  return start(initial)
}

test('an address that was found is published at once after a restart, though nobody tells it again', async () => {
  expect((await start()).answered()).toContain('203.0.113.9')
  saying = undefined
  const { answered, tookMs, logger } = await restart()
  expect(answered()).toContain('203.0.113.9')
  // The sources have 6 s; it did not wait for them.
  expect(tookMs).toBeLessThan(3_000)
  await until(() => logger.messagesOf('address.unknown').length === 1, 'the check meanwhile', 15_000)
  expect(answered()).toContain('203.0.113.9')
}, 30_000)

async function kept(): Promise<unknown> {
  return (JSON.parse(await readFile(join(dir, 'addresses.json'), 'utf8')) as { addresses: unknown }).addresses
}

test('an address that changed meanwhile is published as soon as it is found', async () => {
  await start()
  saying = '203.0.113.10'
  const { answered, logger } = await restart()
  await until(() => answered().includes('203.0.113.10'), 'the new address', 15_000)
  expect(answered()).not.toContain('203.0.113.9\n')
  expect(logger.messagesOf('address.changed')).toEqual([
    'the address of links/fibre is 203.0.113.10 now, not 203.0.113.9',
  ])
  // It is answered before it is on the disk.
  await expect.poll(kept, { timeout: 15_000 }).toEqual({ 'links/fibre': '203.0.113.10' })
}, 30_000)

test.each([
  ['is no JSON', '{'],
  ['is of another kind', '{"format":"x","version":1,"addresses":{"links/fibre":"203.0.113.9"}}'],
  [
    'holds an inner address',
    '{"format":"sipvane-addresses","version":1,"addresses":{"links/fibre":"10.0.0.1"}}',
  ],
  ['holds none', '{"format":"sipvane-addresses","version":1,"addresses":{"links/fibre":"example.com"}}'],
  [
    'holds one of the other family',
    '{"format":"sipvane-addresses","version":1,"addresses":{"links/fibre":"2001:db8::9"}}',
  ],
])(
  'a file that %s is not believed',
  async (_, text) => {
    await writeFile(join(dir, 'addresses.json'), text)
    saying = undefined
    const { answered } = await start()
    expect(answered()).toContain('192.0.2.1')
    expect(answered()).not.toMatch(/10\.0\.0\.1|203\.0\.113\.9|2001/)
  },
  30_000,
)

test('a file with an address of the other family is not believed where there is no initial one to compare with', async () => {
  const text = '{"format":"sipvane-addresses","version":1,"addresses":{"links/fibre":"2001:db8::9"}}'
  await writeFile(join(dir, 'addresses.json'), text)
  saying = undefined
  await start('', '      lte: { address: 198.51.100.9 }')
  expect(app?.status().pools.links?.targets.fibre?.addresses).toEqual([])
}, 30_000)
