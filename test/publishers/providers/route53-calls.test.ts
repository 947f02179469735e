import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { cleanUp, cleanups, KEYS, ORIGIN, rig, serve, signal } from './route53-world.ts'

afterEach(async () => {
  vi.unstubAllEnvs()
  await cleanUp()
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

  it('take a key that was renewed in its file when the zone is opened again', async () => {
    const server = await serve({
      credentials: { AKIAOLD: { secretAccessKey: 'x' }, AKIANEW: { secretAccessKey: 'y' } },
    })
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-aws-'))
    cleanups.push(() => rm(dir, { recursive: true }))
    const keep = (key: string, secret: string) =>
      writeFile(
        join(dir, 'credentials'),
        `[dns]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`,
      )
    await writeFile(join(dir, 'config'), '')
    vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(dir, 'credentials'))
    await keep('AKIAOLD', 'x')
    const { provider } = rig(server, { profile: 'dns' })
    await provider.open(signal)
    await keep('AKIANEW', 'y')
    await provider.open(signal)
    expect(server.calls.map(({ accessKeyId }) => accessKeyId)).toEqual(['AKIAOLD', 'AKIANEW'])
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
