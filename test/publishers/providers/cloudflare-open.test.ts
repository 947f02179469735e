import { afterEach, describe, expect, it } from 'vitest'
import { on, TOKEN, ZONE_ID } from '../../support/cloudflare-server.ts'
import {
  create,
  faultOf,
  makeWorld,
  never,
  ORIGIN,
  type World,
  type WorldOptions,
} from './cloudflare-world.ts'

const OTHER_ID = '9a7806061c88ada191ed06f989cc3dac'
const TWO_ZONES = [
  { id: ZONE_ID, name: 'example.com' },
  { id: OTHER_ID, name: 'example.net' },
]

let world: World
afterEach(() => world.close())
const given = async (options?: WorldOptions): Promise<World> => {
  world = await makeWorld(options)
  return world
}
/** A world whose only token is this one. */
const withToken = (token: object, options?: WorldOptions['options']) =>
  given({
    server: { zones: TWO_ZONES, tokens: [{ secret: TOKEN, zones: [ZONE_ID], ...token }] },
    ...(options && { options }),
  })

describe('opening a zone at Cloudflare', () => {
  it('verifies the token, proves that it may edit, and learns the plan', async () => {
    const { provider, server } = await withToken({ expiresOn: '2027-01-31T00:00:00Z' })
    expect(await provider.open(never)).toEqual({
      origin: ORIGIN,
      notes: ['free plan', 'the token ends on 2027-01-31'],
    })
    expect(server.calls.map((call) => call.kind)).toEqual(['verify', 'zone', 'batch', 'zones'])
    expect(server.zone.commits).toBe(0)
  })

  it('finds the zone by its name', async () => {
    const { provider } = await given({ options: { zoneId: undefined, zone: 'Example.COM' } })
    expect(await provider.open(never)).toMatchObject({ origin: ORIGIN })
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    expect(world.server.zone.records).toHaveLength(1)
  })

  it('takes the limits of the plan that the zone is on', async () => {
    const { provider } = await given({
      server: { zones: [{ id: ZONE_ID, name: 'example.com', plan: 'enterprise' }] },
    })
    expect([provider.limits.ttl.min, provider.limits.batch[0]?.max]).toEqual([60, 200])
    await provider.open(never)
    expect([provider.limits.ttl.min, provider.limits.batch[0]?.max]).toEqual([30, 3500])
  })

  it('says when the zone is not on the plan of the settings, and goes by the zone', async () => {
    const { provider } = await given({ options: { plan: 'enterprise' } })
    const { notes } = await provider.open(never)
    expect(notes).toContain('not on the enterprise plan, as the settings say')
    expect(provider.limits.ttl.min).toBe(60)
  })

  it('says when the token reaches more than it needs', async () => {
    const { provider } = await given({ server: { zones: TWO_ZONES } })
    expect((await provider.open(never)).notes).toContain('the token reaches 2 zones: one would do')
  })

  it('works with DNS:Edit alone where id and name are given', async () => {
    const { provider, read } = await withToken({ permissions: ['dns:edit'] }, { zone: 'example.com' })
    expect(await provider.open(never)).toEqual({ origin: ORIGIN, notes: [] })
    await provider.apply([create('a 60 IN A 192.0.2.1')], never)
    expect(await read()).toHaveLength(1)
  })

  it('works with a token that an account owns, which the user endpoint does not know', async () => {
    const { provider } = await withToken({ accountOwned: true })
    expect(await provider.open(never)).toMatchObject({ origin: ORIGIN })
  })

  it.each([
    ['expired', { status: 'expired' }, {}, 'credentials', 'the API token is expired'],
    ['disabled', { status: 'disabled' }, {}, 'credentials', 'the API token is disabled'],
    [
      'for reading only',
      { permissions: ['zone:read', 'dns:read'] },
      {},
      'scope',
      'it needs DNS:Edit for zone',
    ],
    ['without Zone:Read, the name unknown', { permissions: ['dns:edit'] }, {}, 'scope', 'give it Zone:Read'],
    [
      'without Zone:Read, the id unknown',
      { permissions: ['dns:edit'] },
      { zoneId: undefined, zone: 'example.com' },
      'no-zone',
      'no zone example.com. that this token may see',
    ],
    [
      'for another zone',
      { zones: [OTHER_ID] },
      { zone: 'example.com' },
      'scope',
      'it needs DNS:Edit for zone',
    ],
    [
      'for a zone of another name',
      {},
      { zone: 'example.org' },
      'no-zone',
      'is example.com., not example.org.',
    ],
    [
      'unknown',
      { secret: 'another-token-9876543210-zyxwvutsrqponml' },
      {},
      'credentials',
      'expired, revoked',
    ],
  ] as const)('refuses a token that is %s', async (_, token, options, fault, words) => {
    const { provider } = await withToken(token, options)
    const error = await faultOf(provider.open(never))
    expect(error).toMatchObject({ fault, retryable: false })
    expect(error.message).toContain(words)
  })

  it('with access: read asks for no more than reading, and changes nothing', async () => {
    const { provider, read } = await withToken({ permissions: ['zone:read', 'dns:read'] }, { access: 'read' })
    expect((await provider.open(never)).notes).toContain('read only')
    expect(await read()).toEqual([])
    expect(await faultOf(provider.apply([create('a 60 IN A 192.0.2.1')], never))).toMatchObject({
      fault: 'scope',
    })
  })

  it('names the zone that is not there', async () => {
    const { provider } = await given({ options: { zoneId: 'f'.repeat(32) } })
    expect(await faultOf(provider.open(never))).toMatchObject({ fault: 'no-zone', apiCode: '7003' })
  })

  it('can be tried again after it failed', async () => {
    const { provider, server } = await given()
    server.fail(on('zone'), { kind: 'page', status: 502 })
    expect(await faultOf(provider.open(never))).toMatchObject({ fault: 'failed', retryable: true })
    expect(await provider.open(never)).toMatchObject({ origin: ORIGIN })
  })

  it('takes no key of another account from the environment', async () => {
    const { provider } = await given()
    process.env.CLOUDFLARE_API_KEY = 'k'.repeat(37)
    process.env.CLOUDFLARE_EMAIL = 'ada@example.com'
    process.env.CLOUDFLARE_BASE_URL = 'http://127.0.0.1:9/elsewhere'
    try {
      expect(await provider.open(never)).toMatchObject({ origin: ORIGIN })
    } finally {
      delete process.env.CLOUDFLARE_API_KEY
      delete process.env.CLOUDFLARE_EMAIL
      delete process.env.CLOUDFLARE_BASE_URL
    }
    expect(
      world.server.calls.flatMap((call) => call.headers.filter((name) => name.startsWith('x-auth'))),
    ).toEqual([])
  })
})
