import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/core/ports.ts'
import type { Provider } from '../../../src/publishers/providers/definition.ts'
import { route53 } from '../../../src/publishers/providers/route53.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import type { Wanted } from '../../../src/publishers/reconcile/wanted.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { realClock, wantedOf } from '../../support/provider-driver.ts'
import {
  createRoute53Server,
  FAKE_KEYS,
  type Route53Server,
  type Route53ServerOptions,
} from '../../support/route53-server.ts'
import { seededRandom } from '../../support/virtual-time.ts'

const ORIGIN = canonicalName('voice.example.com.')
const KEYS = FAKE_KEYS
const signal = new AbortController().signal

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(options?: Route53ServerOptions): Promise<Route53Server> {
  const server = await createRoute53Server(options)
  cleanups.push(() => server.close())
  return server
}

interface Rig {
  readonly provider: Provider
  readonly pace: Pacer
  readonly reconciler: Reconciler
  /** Until nothing is left to do; errors are thrown. */
  bring(wanted: Wanted): Promise<number>
}

function rig(server: Route53Server, settings: Record<string, unknown> = KEYS): Rig {
  const options = route53.options.parse({ hostedZoneId: 'Z1', endpoint: server.endpoint, ...settings })
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, realClock, realClock)
  const deps = { clock: realClock, timers: realClock, random: seededRandom(1), logger: silentLogger, pace }
  const provider = route53.create(options, deps)
  const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
  cleanups.push(() => provider.close())
  const bring = async (wanted: Wanted) => {
    for (let batches = 0; ; batches++) {
      await reconciler.prepare(wanted, signal)
      const plan = reconciler.plan(wanted)
      if (plan.changes.length === 0) return batches
      await reconciler.apply(reconciler.nextBatch(plan), signal)
    }
  }
  return { provider, pace, reconciler, bring }
}

describe('a Route53 zone', () => {
  it('is read page by page, and only where it is ours', async () => {
    const server = await serve({ pageMax: 3 })
    for (let at = 0; at < 20; at++) {
      server.zone().put({ name: `h${at}.voice.example.com`, type: 'A', ttl: 60, values: ['192.0.2.1'] })
      server.zone().put({ name: `w${at}.zz.example.com`, type: 'A', ttl: 60, values: ['192.0.2.1'] })
      server.zone().put({ name: `a${at}.example.com`, type: 'A', ttl: 60, values: ['192.0.2.1'] })
    }
    const { provider } = rig(server)
    const sets = await provider.read({ origins: [ORIGIN], names: [] }, signal)
    expect(sets).toHaveLength(20)
    expect(server.calls).toHaveLength(7)
  })

  it('gives names and values in their own writing, and gets them back to the letter', async () => {
    const server = await serve()
    const values = {
      'a\\052b.voice.example.com': 'A',
      '*.voice.example.com': 'A',
      'UPPER.voice.example.com': 'A',
    }
    for (const [name, type] of Object.entries(values))
      server.zone().put({ name, type, ttl: 60, values: ['192.0.2.1'] })
    server
      .zone()
      .put({ name: 't.voice.example.com', type: 'TXT', ttl: 60, values: ['"a\\"b" "\\303\\274 \\\\"'] })
    server
      .zone()
      .put({ name: 's.voice.example.com', type: 'SRV', ttl: 60, values: ['1 2 5060 SIP1.Example.COM'] })
    const { provider } = rig(server)
    const sets = await provider.read({ origins: [ORIGIN], names: [] }, signal)
    expect(sets.map(({ name }) => name).sort()).toEqual([
      '*.voice.example.com.',
      'a*b.voice.example.com.',
      's.voice.example.com.',
      't.voice.example.com.',
      'upper.voice.example.com.',
    ])
    expect(sets.find(({ type }) => type === 'TXT')?.records).toEqual([
      { type: 'TXT', strings: ['a"b', '\u00c3\u00bc \\'] },
    ])
    expect(sets.find(({ type }) => type === 'SRV')?.records).toMatchObject([{ target: 'sip1.example.com.' }])
    await provider.apply(
      sets.map((before) => ({ name: before.name, type: before.type, before })),
      signal,
    )
    expect(server.zone().sets).toHaveLength(2)
  })

  it('has sets that are more than records, which are left alone', async () => {
    const server = await serve()
    server.zone().put({ name: 'sip1.voice.example.com', type: 'A', values: [], alias: 'lb.example.net.' })
    server
      .zone()
      .put({ name: 'sip2.voice.example.com', type: 'A', ttl: 60, values: ['192.0.2.9'], setIdentifier: 'eu' })
    const { reconciler, bring } = rig(server)
    const wanted = wantedOf('sip1 IN A 192.0.2.1\nsip2 IN A 192.0.2.2', ORIGIN)
    await bring(wanted)
    expect(reconciler.plan(wanted).refusals).toMatchObject([
      { name: 'sip1.voice.example.com.', code: 'opaque', message: 'is an alias there; take it away first' },
      { name: 'sip2.voice.example.com.', code: 'opaque' },
    ])
    expect(server.zone().sets).toHaveLength(4)
  })

  it('may be private: the id tells it from the public one of the same name', async () => {
    const zones = [
      { id: 'Z1', name: 'example.com' },
      { id: 'Z2', name: 'example.com', isPrivate: true },
    ]
    const server = await serve({ zones })
    const { provider, bring } = rig(server, { ...KEYS, hostedZoneId: '/hostedzone/Z2' })
    expect(await provider.open(signal)).toEqual({ origin: 'example.com.', notes: ['private zone'] })
    await bring(wantedOf('sip1 IN A 192.0.2.1', ORIGIN))
    expect(server.zone('Z1').sets).toHaveLength(2)
    expect(server.zone('Z2').find('sip1.voice.example.com', 'A')).toBeDefined()
  })
})

describe('changes in Route53', () => {
  it('are DELETE and CREATE in one request, never UPSERT', async () => {
    const server = await serve()
    const { bring } = rig(server)
    await bring(wantedOf('sip1 IN A 192.0.2.1', ORIGIN))
    await bring(wantedOf('sip1 IN A 192.0.2.2', ORIGIN))
    const [created, moved] = server.calls.filter(
      ({ operation }) => operation === 'route53:ChangeResourceRecordSets',
    )
    expect(created?.changes.map(({ action, set }) => `${action} ${set.type}`)).toEqual([
      'CREATE A',
      'CREATE TXT',
    ])
    expect(moved?.changes.map(({ action, set }) => `${action} ${set.name} ${set.values}`)).toEqual([
      'DELETE sip1.voice.example.com. 192.0.2.1',
      'CREATE sip1.voice.example.com. 192.0.2.2',
    ])
  })

  it('stay within 1,000 records and 32,000 characters a request, in the fewest requests', async () => {
    const server = await serve()
    const { bring } = rig(server)
    const hosts = (net: string) =>
      wantedOf(
        Array.from({ length: 700 }, (_, at) => `h${at} IN A ${net}.${at >> 8}.${at & 255}`).join('\n'),
        ORIGIN,
      )
    // With its mark a new set is two records and some 45 characters: 500 fit by records.
    expect(await bring(hosts('10.1'))).toBe(2)
    // A replaced one is two records; its mark stays as it is.
    expect(await bring(hosts('10.2'))).toBe(2)
    expect(await bring(hosts('10.2'))).toBe(0)
  })

  it('are weighted sets in mode weighted, one a target, and the change from and to plain is one request', async () => {
    const server = await serve()
    const plain = wantedOf('@ 60 IN A 192.0.2.1', ORIGIN)
    const two = [
      ['192.0.2.1', 60],
      ['192.0.2.2', 40],
    ] as const
    const variants: Wanted = {
      ...plain,
      sets: two.map(([address, weight]) => ({
        name: ORIGIN,
        type: 'A' as const,
        ttl: 60,
        records: [{ type: 'A' as const, address }],
        variant: { id: address, weight },
      })),
    }
    const { bring, provider } = rig(server, { ...KEYS, mode: 'weighted' })
    expect(provider.limits.variants).toEqual({ maxWeight: 255 })
    await bring(plain)
    expect(await bring(variants)).toBe(1)
    expect(server.zone().sets.filter(({ type }) => type === 'A')).toMatchObject([
      { setIdentifier: '192.0.2.1', weight: 60 },
      { setIdentifier: '192.0.2.2', weight: 40 },
    ])
    const again = rig(server, { ...KEYS, mode: 'weighted' })
    expect(await again.bring(variants)).toBe(0)
    expect(await again.bring({ ...variants, sets: variants.sets.slice(1) })).toBe(1)
    expect(await again.bring(plain)).toBe(1)
    expect(server.zone().find(ORIGIN, 'A')).toMatchObject({ values: ['192.0.2.1'] })
  })

  it('are followed from PENDING to INSYNC', async () => {
    const server = await serve({ pendingMs: 150 })
    const { provider } = rig(server)
    const set = {
      name: ORIGIN,
      type: 'A' as const,
      ttl: 60,
      records: [{ type: 'A' as const, address: '192.0.2.1' }],
    }
    const applied = await provider.apply([{ name: ORIGIN, type: 'A', after: set }], signal)
    expect(applied.reference).toBe('C1')
    expect(await provider.settled?.(applied, signal)).toBe(false)
    await vi.waitFor(async () => expect(await provider.settled?.(applied, signal)).toBe(true), {
      timeout: 5_000,
    })
  })

  it.each(['own', 'common'] as const)(
    'that are not acceptable are named, whatever body says so (%s)',
    async (errorForm) => {
      const server = await serve({ errorForm })
      const { reconciler } = rig(server)
      // The fake has no such type rule in our table: an address that Route53 would not parse.
      const wanted = wantedOf('good IN A 192.0.2.1\nbad IN NAPTR 1 1 "s" "S!" "" _sip._udp', ORIGIN)
      const broken: Wanted = {
        ...wanted,
        sets: wanted.sets.map((set) =>
          set.type === 'NAPTR' ? { ...set, records: [{ ...set.records[0], flags: 'a"b' } as never] } : set,
        ),
      }
      const faults: string[] = []
      for (let attempt = 0; attempt < 6; attempt++) {
        await reconciler.prepare(broken, signal)
        const plan = reconciler.plan(broken)
        if (plan.changes.length === 0) break
        await reconciler.apply(reconciler.nextBatch(plan), signal).catch((error) => faults.push(error.fault))
      }
      expect(faults).toEqual(['conflict', 'refused'])
      expect(reconciler.plan(broken).refusals).toMatchObject([
        { name: 'bad.voice.example.com.', code: 'rejected' },
      ])
      expect(server.zone().find('good.voice.example.com', 'A')).toBeDefined()
    },
  )

  it('that do not fit into a full zone do not keep the others back', async () => {
    const server = await serve()
    const { reconciler, bring } = rig(server)
    await bring(wantedOf('sip1 IN A 192.0.2.1', ORIGIN))
    server.zone().maxSets = 4
    const wanted = wantedOf('sip1 IN A 192.0.2.2\nsip2 IN A 192.0.2.3', ORIGIN)
    for (let attempt = 0; attempt < 8; attempt++) {
      await reconciler.prepare(wanted, signal)
      const plan = reconciler.plan(wanted)
      if (plan.changes.length > 0) await reconciler.apply(reconciler.nextBatch(plan), signal).catch(() => {})
    }
    expect(server.zone().find('sip1.voice.example.com', 'A')).toMatchObject({ values: ['192.0.2.2'] })
    expect(reconciler.plan(wanted).refusals).toMatchObject([
      { name: 'sip2.voice.example.com.', code: 'rejected' },
    ])
  })
})

describe('calls to Route53', () => {
  it('that are throttled while a large zone is read cost no page twice', async () => {
    const server = await serve({ pageMax: 5 })
    for (let at = 0; at < 30; at++)
      server.zone().put({ name: `h${at}.voice.example.com`, type: 'A', ttl: 60, values: ['192.0.2.1'] })
    const { provider, pace } = rig(server)
    server.inject('throttle', 'route53:ListResourceRecordSets', 2)
    expect(await provider.read({ origins: [ORIGIN], names: [] }, signal)).toHaveLength(30)
    expect(server.calls).toHaveLength(6 + 2)
    expect(pace.throttles).toBe(2)
  })

  it('are told apart by their codes', async () => {
    const server = await serve()
    const { provider } = rig(server)
    for (const [fault, code] of [
      ['throttle', 'provider-throttled'],
      ['busy', 'provider-busy'],
      ['error', 'provider-failed'],
      ['expired', 'provider-credentials'],
      ['denied', 'provider-scope'],
    ] as const) {
      server.inject(fault)
      await expect(provider.open(signal)).rejects.toMatchObject({ code })
    }
    await expect(rig(server, { ...KEYS, hostedZoneId: 'Z9' }).provider.open(signal)).rejects.toMatchObject({
      code: 'provider-no-zone',
      apiCode: 'NoSuchHostedZone',
    })
    await server.close()
    // The kept connection breaks in the middle, for all we know; a new one is refused before anything can leave.
    const ends = await Promise.allSettled([
      provider.apply([], signal),
      rig(server).provider.apply([], signal),
    ])
    expect(ends).toMatchObject([
      { reason: { code: 'provider-unreachable', uncertain: true } },
      { reason: { code: 'provider-unreachable', uncertain: false } },
    ])
  })

  it('that fail for our clock say so, with the difference', async () => {
    const server = await serve({ skewMs: -3_600_000 })
    await expect(rig(server).provider.open(signal)).rejects.toMatchObject({
      code: 'provider-clock',
      message: expect.stringMatching(/our clock is 3[56]\d\d s ahead of Route53's/),
    })
  })

  it('take credentials from a profile, and assume the role that it names', async () => {
    const server = await serve({ credentials: { AKIABASE: { secretAccessKey: 'x' } } })
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-aws-'))
    cleanups.push(() => rm(dir, { recursive: true }))
    await writeFile(
      join(dir, 'config'),
      `[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = x\n[profile dns]\nrole_arn = arn:aws:iam::000000000000:role/sipvane\nsource_profile = base\nregion = us-east-1\n`,
    )
    await writeFile(join(dir, 'credentials'), '')
    vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(dir, 'credentials'))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', server.endpoint)
    await rig(server, { profile: 'base' }).provider.open(signal)
    await rig(server, { profile: 'dns' }).provider.open(signal)
    expect(server.calls.map(({ operation, accessKeyId }) => `${operation} ${accessKeyId}`)).toEqual([
      'route53:GetHostedZone AKIABASE',
      'sts:AssumeRole AKIABASE',
      'route53:GetHostedZone ASIAASSUMED',
    ])
  })

  it('say that there are no credentials where none can be found', async () => {
    const server = await serve()
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials')
    await expect(rig(server, { profile: 'nobody' }).provider.open(signal)).rejects.toMatchObject({
      code: 'provider-credentials',
    })
    expect(server.calls).toEqual([])
  })
})
