import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { planJson, planLines } from '../../src/app/plan-report.ts'
import { type OnceOptions, type OnceResult, reconcileOnce } from '../../src/app/reconcile-once.ts'
import type { Settings } from '../../src/core/settings.ts'
import { snapshotOf } from '../publishers/reconcile/support.ts'
import { createRoute53Server, FAKE_KEYS, type Route53Server } from '../support/route53-server.ts'
import { settingsOf } from '../support/settings.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startApi(): Promise<Route53Server> {
  const api = await createRoute53Server()
  cleanups.push(() => api.close())
  return api
}

/** Takes connections and never says a word. */
async function startSilence(): Promise<string> {
  const open = new Set<Socket>()
  const server = createServer((socket) => void open.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

/** Providers of one hosted zone each, by name; `more` is further keys of all of them. */
function settingsFor(endpoints: Readonly<Record<string, string>>, more = ''): Settings {
  const { accessKeyId, secretAccessKey } = FAKE_KEYS
  const lines = Object.entries(endpoints).map(
    ([name, endpoint]) =>
      `  ${name}: { type: route53, hostedZoneId: Z1, owner: ns1, endpoint: "${endpoint}", accessKeyId: ${accessKeyId}, secretAccessKey: ${secretAccessKey}${more} }`,
  )
  return settingsOf(`
node: ns1
probes:
  options: { type: sip-options }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11 }
zones:
  voice.example.com:
    publish: [${Object.keys(endpoints).join(', ')}]
    answers:
      - { name: "@", type: A, pool: edge }
providers:
${lines.join('\n')}
`)
}

/** What stands in the snapshot, published to every provider. */
function published(text: string, settings: Settings) {
  const snapshot = snapshotOf(text, ['@', 'sip1'])
  const publish = [...settings.providers.keys()]
  return {
    ...snapshot,
    zones: new Map([...snapshot.zones].map(([origin, zone]) => [origin, { ...zone, publish }])),
  }
}

async function run(
  settings: Settings,
  text: string,
  options: Partial<OnceOptions> = {},
): Promise<OnceResult[]> {
  const results: OnceResult[] = []
  for await (const one of reconcileOnce(settings, published(text, settings), { planOnly: false, ...options }))
    results.push(one)
  return results
}

const CHANGE = 'route53:ChangeResourceRecordSets'

describe('one pass over the providers', () => {
  it('is over with its deadline, and one that does not answer keeps no other from being done', async () => {
    const api = await startApi()
    const settings = settingsFor({ silent: await startSilence(), good: api.endpoint })
    // The SDK takes its time to load.
    await run(settingsFor({ good: api.endpoint }), '@ IN A 192.0.2.11', { planOnly: true })
    const startMs = performance.now()
    const [silent, good] = await run(settings, '@ IN A 192.0.2.11', { deadlineMs: 2_000 })
    // One after the other it would be two deadlines, and a call that begins shortly before the end another.
    expect(performance.now() - startMs).toBeLessThan(4_000)
    expect(silent).toMatchObject({ made: [], error: { code: expect.stringMatching(/^provider-/) } })
    expect(silent?.plan).toBeUndefined()
    expect(good).toMatchObject({ made: [{ type: 'A' }, { type: 'TXT' }] })
    expect(good?.error).toBeUndefined()
    expect(api.zone().find('voice.example.com', 'A')?.values).toEqual(['192.0.2.11'])
  })

  it('says that it made what it made, where the reply was lost', async () => {
    const api = await startApi()
    api.inject('lost', CHANGE)
    const [result] = await run(settingsFor({ aws: api.endpoint }), '@ IN A 192.0.2.11')
    if (result === undefined) throw new Error('no result')
    expect(api.calls.filter(({ operation }) => operation === CHANGE)).toHaveLength(1)
    expect(result.made).toHaveLength(2)
    expect([...planLines(result)][0]).toContain('made 1 create, 0 updates, 0 deletes')
    expect(planJson(result)).toMatchObject({ made: 1, changes: [{ type: 'A' }, { type: 'TXT' }] })
  })

  it('says what it did, not what it meant to before somebody else changed the zone', async () => {
    const api = await startApi()
    const settings = settingsFor({ aws: api.endpoint })
    await run(settings, '@ IN A 192.0.2.11')
    api.inject('error', CHANGE)
    const push = api.calls.push.bind(api.calls)
    api.calls.push = (...calls) => {
      if (calls.some(({ operation }) => operation === CHANGE)) {
        api.calls.push = push
        api.zone().put({ name: 'voice.example.com', type: 'A', ttl: 60, values: ['192.0.2.66'] })
      }
      return push(...calls)
    }
    const [result] = await run(settings, '@ IN A 192.0.2.12')
    if (result === undefined) throw new Error('no result')
    expect([...planLines(result)].slice(0, 2)).toEqual([
      'aws (route53, example.com., owner ns1): made 0 creates, 1 update, 0 deletes',
      '  ~ voice.example.com. 60 A 192.0.2.66 -> 60 A 192.0.2.12',
    ])
    expect(api.zone().find('voice.example.com', 'A')?.values).toEqual(['192.0.2.12'])
  })

  it('says which changes it did not make', async () => {
    const api = await startApi()
    const settings = settingsFor({ aws: api.endpoint })
    await run(settings, '@ IN A 192.0.2.11')
    const [result] = await run(settings, '@ IN A 192.0.2.12\nsip1 IN A 192.0.2.11', { planOnly: true })
    if (result?.plan === undefined) throw new Error('no plan')
    expect(planJson(result)).toMatchObject({ made: 0 })
    expect([...planLines(result)].join('\n')).not.toContain('not made')
    const [first] = result.plan.changes
    if (first === undefined) throw new Error('no change')
    const lines = [...planLines({ ...result, made: [first] })].join('\n')
    expect(lines).toContain('made a part of 1 create, 1 update, 0 deletes')
    expect(lines.split('not made: ')).toHaveLength(2)
  })

  it('carries out what maxChange holds back only when it is forced', async () => {
    const api = await startApi()
    await run(settingsFor({ aws: api.endpoint }), '@ IN A 192.0.2.11')
    const careful = settingsFor({ aws: api.endpoint }, ', maxChange: 0')
    const [held] = await run(careful, '@ IN A 192.0.2.12')
    expect(held).toMatchObject({ made: [], plan: { held: expect.stringContaining('maxChange allows 0') } })
    expect(held && [...planLines(held)].join('\n')).toContain('  ! held back: 1 of 1 record sets')
    const [forced] = await run(careful, '@ IN A 192.0.2.12', { force: true })
    expect(forced?.made).toHaveLength(1)
    expect(forced?.plan?.held).toBeUndefined()
  })

  it('changes nothing where it only plans, or the provider is told to change nothing', async () => {
    const api = await startApi()
    const planned = await run(settingsFor({ aws: api.endpoint }), '@ IN A 192.0.2.11', { planOnly: true })
    const dry = await run(settingsFor({ aws: api.endpoint }, ', dryRun: true'), '@ IN A 192.0.2.11')
    for (const [result] of [planned, dry]) {
      expect(result?.made).toEqual([])
      expect(result?.plan?.changes).toHaveLength(2)
      expect(result && [...planLines(result)][0]).toContain('would make 1 create')
    }
    expect(api.calls.filter(({ operation }) => operation === CHANGE)).toEqual([])
  })

  it('adopts what the configuration lets it, without being told to on the command line', async () => {
    const api = await startApi()
    api.zone().put({ name: 'voice.example.com', type: 'A', ttl: 300, values: ['192.0.2.1'] })
    const [left] = await run(settingsFor({ aws: api.endpoint }), '@ IN A 192.0.2.11')
    expect(left?.plan?.refusals).toMatchObject([{ code: 'not-ours' }])
    const [taken] = await run(settingsFor({ aws: api.endpoint }, ', adopt: true'), '@ IN A 192.0.2.11')
    expect(taken?.made).toHaveLength(2)
  })

  it('gives up at once what trying again cannot help', async () => {
    const api = await startApi()
    api.inject('denied')
    const startMs = performance.now()
    const [result] = await run(settingsFor({ aws: api.endpoint }), '@ IN A 192.0.2.11')
    expect(result).toMatchObject({ made: [], error: { code: 'provider-scope' } })
    expect(api.calls).toHaveLength(1)
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })
})
