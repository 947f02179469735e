import { describe, expect, it } from 'vitest'
import { cloudflare } from '../../../src/publishers/providers/cloudflare.ts'

const ID = '023e105f4ecef8ad9ca31a8372d0c353'
const TOKEN = 'Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY'
const parse = (keys: object) => cloudflare.options.safeParse({ zoneId: ID, apiToken: TOKEN, ...keys })
const faults = (keys: object) =>
  parse(keys).error?.issues.map((one) => [one.path.join('.'), one.message]) ?? []

describe('settings of a Cloudflare provider', () => {
  it('need an id or a name and a token; the rest has defaults', () => {
    expect(parse({}).data).toEqual({
      zoneId: ID,
      apiToken: TOKEN,
      mark: 'comment',
      access: 'edit',
      recheckMs: 600_000,
      timeoutMs: 10_000,
      baseUrl: 'https://api.cloudflare.com/client/v4',
    })
    expect(parse({ zoneId: undefined, zone: 'Example.com' }).data?.zone).toBe('example.com.')
    expect(faults({ zoneId: undefined })).toEqual([['zoneId', 'allowed: zoneId or zone, or both']])
  })

  it.each([
    ['zoneId', { zoneId: 'example.com' }],
    ['zoneId', { zoneId: 'zone1' }],
    ['zoneId', { zoneId: '../user', baseUrl: 'http://127.0.0.1:4001' }],
    ['zone', { zone: 'a..b' }],
    ['zone', { zone: '.' }],
    ['apiToken', { apiToken: `"${TOKEN}"` }],
    ['apiToken', { apiToken: `${TOKEN}\n` }],
    ['apiToken', { apiToken: '' }],
    ['plan', { plan: 'gold' }],
    ['batchSize', { batchSize: 0 }],
    ['batchSize', { batchSize: 3501 }],
    ['mark', { mark: 'tag', plan: 'free' }],
    ['timeout', { timeout: '10ms' }],
    ['baseUrl', { baseUrl: 'http://api.example.net/v4' }],
    ['baseUrl', { baseUrl: 'https://ada:secret@api.example.net' }],
    ['baseUrl', { baseUrl: 'nonsense' }],
    ['', { unknown: 1 }],
  ])('refuse a wrong %s', (path, keys) => {
    expect(faults(keys).map(([at]) => at)).toEqual([path])
  })

  it('take any id of a zone for an API that is not Cloudflare’s own', () => {
    const other = { zoneId: 'zone1', baseUrl: 'http://127.0.0.1:4001' }
    expect(parse(other).data).toMatchObject(other)
  })

  it('do not repeat a refused token', () => {
    expect(JSON.stringify(faults({ apiToken: `${TOKEN} ` }))).not.toContain(TOKEN)
  })

  it.each([
    [{}, 60, 200],
    [{ plan: 'free' }, 60, 200],
    [{ plan: 'pro' }, 60, 3500],
    [{ plan: 'business' }, 60, 3500],
    [{ plan: 'enterprise' }, 30, 3500],
    [{ plan: 'enterprise', batchSize: 50 }, 30, 50],
    [{ batchSize: 1000 }, 60, 1000],
  ])('%j set the limits that `check` goes by', (keys, ttlMin, batch) => {
    const { data } = parse(keys)
    const limits = data && cloudflare.limits(data)
    expect(limits?.ttl).toEqual({ min: ttlMin, max: 86_400 })
    expect(limits?.batch.map(({ unit, max }) => [unit, max])).toEqual([['changes', batch]])
    expect(limits?.types).toEqual(expect.arrayContaining(['A', 'AAAA', 'SRV', 'NAPTR']))
  })

  it('leave others a part of the 1,200 calls in five minutes', () => {
    const { data } = parse({})
    const limits = data && cloudflare.limits(data)
    expect((limits?.callsPerSecond ?? 0) * 300 + (limits?.burst ?? 0)).toBeLessThanOrEqual(1_000)
  })
})
