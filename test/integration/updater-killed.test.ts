import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { markName, markText } from '../../src/publishers/reconcile/marks.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { cloudflareFixture } from '../support/cloudflare-fixture.ts'
import { labSets, linesOf } from '../support/provider-driver.ts'
import type { LabSet, ProviderLab } from '../support/provider-fixture.ts'
import { rfc2136Fixture } from '../support/rfc2136-fixture.ts'
import { route53Fixture } from '../support/route53-fixture.ts'
import { version } from '../support/updater-versions.ts'
import { seededRandom } from '../support/virtual-time.ts'

const SCRIPT = new URL('../../build/test/support/updater-process.js', import.meta.url).pathname
/** The Cloudflare SDK takes its time to load. */
const KILLS = { route53: 20, cloudflare: 10, rfc2136: 20 }
const FOREIGN = { name: 'mail.voice.example.com.', type: 'MX', ttl: 3600, records: ['10 mx.example.net.'] }

const labs: ProviderLab[] = []
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close()
})

function start(kind: string, options: unknown, mode: 'restless' | 'final'): ChildProcess {
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  return spawn(process.execPath, [SCRIPT, kind, JSON.stringify(options), mode], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
}

/** The TXT set beside a set that says whose it is. */
function markOf({ name, type }: LabSet): LabSet {
  return {
    name: markName(canonicalName(name), type as 'A') ?? '',
    type: 'TXT',
    ttl: 300,
    records: [`"${markText({ owner: 'ns1' })}"`],
  }
}

describe.each([
  { fixture: route53Fixture, kills: KILLS.route53 },
  { fixture: cloudflareFixture, kills: KILLS.cloudflare },
  { fixture: rfc2136Fixture('tcp'), kills: KILLS.rfc2136 },
])('an updater of $fixture.kind', ({ fixture, kills }) => {
  test('killed at any point and started again doubles nothing, loses nothing, and touches nobody else', async () => {
    const lab = await fixture.start()
    labs.push(lab)
    await lab.put(FOREIGN)
    const random = seededRandom(9)
    for (let kill = 0; kill < kills; kill++) {
      const before = lab.changeCalls()
      const child = start(fixture.kind, lab.options, 'restless')
      const ended = once(child, 'exit')
      // So many calls, then somewhere in what follows: a time alone would see no second call on a busy machine.
      const calls = before + 1 + Math.floor(random.next() * 3)
      while (lab.changeCalls() < calls) await sleep(2)
      await sleep(random.next() * 100)
      child.kill('SIGKILL')
      await ended
      expect(linesOf(await lab.dump())).toContain(linesOf([FOREIGN])[0])
    }
    expect(lab.changeCalls()).toBeGreaterThan(kills)
    const last = start(fixture.kind, lab.options, 'final')
    expect(await once(last, 'exit')).toEqual([0, null])
    const shall = labSets(version(0))
    const marks = providerDefinitions.get(fixture.kind)?.marks === 'txt' ? shall.map(markOf) : []
    expect(linesOf(await lab.dump())).toEqual(linesOf([FOREIGN, ...shall, ...marks]))
  }, 180_000)
})
