import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { markName, markText } from '../../src/publishers/reconcile/marks.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { labSets, linesOf } from '../support/provider-driver.ts'
import { route53Lab } from '../support/route53-fixture.ts'
import { createRoute53Server, type Route53Server } from '../support/route53-server.ts'
import { version } from '../support/updater-versions.ts'
import { seededRandom } from '../support/virtual-time.ts'

const SCRIPT = new URL('../../build/test/support/updater-process.js', import.meta.url).pathname
const KILLS = 20
const FOREIGN = { name: 'mail.voice.example.com.', type: 'MX', ttl: 3600, records: ['10 mx.example.net.'] }

let server: Route53Server
beforeAll(async () => {
  server = await createRoute53Server({ latencyMs: 15 })
})
afterAll(() => server.close())

function start(mode: 'restless' | 'final'): ChildProcess {
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  return spawn(process.execPath, [SCRIPT, server.endpoint, mode], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
}

test('an updater killed at any point and started again doubles nothing, loses nothing, and touches nobody else', async () => {
  const lab = route53Lab(server)
  await lab.put(FOREIGN)
  const random = seededRandom(9)
  for (let kill = 0; kill < KILLS; kill++) {
    const child = start('restless')
    const ended = once(child, 'exit')
    const calls = server.calls.length
    while (server.calls.length === calls) await sleep(2)
    await sleep(random.next() * 200)
    child.kill('SIGKILL')
    await ended
    expect(linesOf(await lab.dump())).toContain(linesOf([FOREIGN])[0])
  }
  const changes = lab.changeCalls()
  expect(changes).toBeGreaterThan(KILLS)
  const last = start('final')
  expect(await once(last, 'exit')).toEqual([0, null])
  const shall = labSets(version(0))
  const marks = shall.map(({ name, type }) => ({
    name: markName(canonicalName(name), type as 'A') ?? '',
    type: 'TXT',
    ttl: 300,
    records: [`"${markText({ owner: 'ns1' })}"`],
  }))
  expect(linesOf(await lab.dump())).toEqual(linesOf([FOREIGN, ...shall, ...marks]))
}, 120_000)
