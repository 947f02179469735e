import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import type { Facade } from '../../src/app/facade.ts'
import type { StatusReport } from '../../src/app/status.ts'
import type { AdminSettings } from '../../src/core/settings.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const report = { node: 'ns1', ready: true } as unknown as StatusReport

let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const facadeOf = (facade: Partial<Facade> = {}): Facade => ({
  status: () => report,
  notReady: () => [],
  setOverride: () => true,
  lb: () => ({ status: 'standby' }),
  requestReload: async () => undefined,
  report: () => ({ taken: true, probe: 'push' }),
  events: { recent: () => [], subscribe: () => () => {} },
  ...facade,
})

async function start(settings: Partial<AdminSettings> = {}, facade: Partial<Facade> = {}) {
  const logger = recordingLogger()
  const listen = { address: '127.0.0.1', port: 0 }
  server = createAdminServer({ listen, ...settings }, facadeOf(facade), logger)
  const { port } = await server.listen()
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)
  return { get, port, logger }
}

describe('the admin API', () => {
  it('says that the process lives', async () => {
    const { get } = await start()
    const response = await get('/healthz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'alive' })
  })

  it('is ready only when nothing is missing, and says what is', async () => {
    let missing: string[] = ['the first round is not done']
    const { get } = await start({}, { notReady: () => missing })
    const before = await get('/readyz')
    expect(before.status).toBe(503)
    expect(await before.json()).toEqual({ status: 'not ready', missing: ['the first round is not done'] })
    missing = []
    expect((await get('/readyz')).status).toBe(200)
  })

  it('gives the status', async () => {
    const { get } = await start()
    expect(await (await get('/v1/status')).json()).toEqual({ node: 'ns1', ready: true })
  })

  it('asks for the token on everything but health and readiness', async () => {
    const { get } = await start({ token: 'let-me-in' })
    expect((await get('/healthz')).status).toBe(200)
    expect((await get('/readyz?x=/v1')).status).toBe(200)
    const refused = await get('/v1/status')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
    for (const authorization of ['Bearer let-me-out', 'Bearer', 'Basic bGV0LW1lLWlu', 'Bearer let-me-in2']) {
      expect((await get('/v1/status', { headers: { authorization } })).status).toBe(401)
    }
    const headers = { authorization: 'Bearer let-me-in' }
    expect((await get('/v1/status', { headers })).status).toBe(200)
    expect((await get('/v1/nothing')).status).toBe(401)
    expect((await get('//healthz/../v1/status')).status).not.toBe(200)
  })

  it('answers what it does not have with an error that has a code', async () => {
    const { get } = await start()
    const response = await get('/v1/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { code: 'not-found', message: 'there is no GET on this path' },
    })
  })

  it('keeps the reason of a fault of ours in the log, and out of the answer', async () => {
    const { get, logger } = await start(
      {},
      {
        status: () => {
          throw new Error('the password is hunter2')
        },
      },
    )
    const response = await get('/v1/status')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('hunter2')
    expect(logger.messagesOf('admin.failed')).toHaveLength(1)
  })

  it('refuses a body that is too large or no JSON, and goes on', async () => {
    const { get } = await start()
    const headers = { 'content-type': 'application/json' }
    const large = await get('/v1/status', {
      method: 'POST',
      headers,
      body: JSON.stringify('x'.repeat(100_000)),
    })
    expect([404, 413]).toContain(large.status)
    expect((await get('/healthz')).status).toBe(200)
  })

  it('takes an empty body for none, whatever type it is said to be of', async () => {
    const { get } = await start()
    const headers = { 'content-type': 'application/json' }
    const path = '/v1/pools/edge/targets/sip1/override'
    expect((await get(path, { method: 'DELETE', headers })).status).toBe(200)
    expect((await get('/v1/reload', { method: 'POST', headers })).status).toBe(200)
    expect((await get(path, { method: 'PUT', headers })).status).toBe(400)
  })

  it('names the address when it cannot be had', async () => {
    const { port } = await start()
    const second = createAdminServer(
      { listen: { address: '127.0.0.1', port } },
      facadeOf(),
      recordingLogger(),
    )
    await expect(second.listen()).rejects.toMatchObject({ code: 'admin-not-listening', retryable: true })
    await second.close()
  })

  const json = (method: string, body: unknown): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const OVERRIDE = '/v1/pools/edge/targets/sip1/override'

  it('sets an override with its length, reason and author, and withdraws it', async () => {
    const orders: unknown[] = []
    const { get } = await start({}, { setOverride: (...order) => orders.push(order) > 0 })
    const body = { kind: 'drain', for: '1h', reason: 'disk swap', author: 'ann' }
    expect((await get(OVERRIDE, json('PUT', body))).status).toBe(200)
    expect((await get(OVERRIDE, json('PUT', { kind: 'up' }))).status).toBe(200)
    expect((await get(OVERRIDE, { method: 'DELETE' })).status).toBe(200)
    const said = { reason: 'done', author: 'ann' }
    expect((await get(OVERRIDE, json('DELETE', said))).status).toBe(200)
    expect((await get(OVERRIDE, json('DELETE', { kind: 'up' }))).status).toBe(400)
    expect(orders).toEqual([
      ['edge', 'sip1', { kind: 'drain', forMs: 3_600_000, reason: 'disk swap', author: 'ann' }],
      ['edge', 'sip1', { kind: 'up' }],
      ['edge', 'sip1', { kind: 'auto' }],
      ['edge', 'sip1', { kind: 'auto', ...said }],
    ])
  })

  it('refuses an override that makes no sense, or of a target that is not there', async () => {
    const { get } = await start({}, { setOverride: () => false })
    for (const body of [
      {},
      { kind: 'kill' },
      { kind: 'up', for: 'long' },
      { kind: 'up', until: 1 },
      null,
      'up',
    ]) {
      expect((await get(OVERRIDE, json('PUT', body))).status).toBe(400)
    }
    expect((await get(OVERRIDE, json('PUT', { kind: 'up' }))).status).toBe(404)
    expect((await get(OVERRIDE, { method: 'DELETE' })).status).toBe(404)
  })

  it('reads the configuration again when told to, and says why it is refused', async () => {
    let faults: string[] | undefined
    const { get } = await start({}, { requestReload: async () => faults })
    expect((await get('/v1/reload', { method: 'POST' })).status).toBe(200)
    faults = ['a.yaml:1:1 pools: missing']
    const refused = await get('/v1/reload', { method: 'POST' })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ error: { code: 'config-refused' }, faults })
  })

  it('gives one pool, and does not take a property of objects for one', async () => {
    const { get } = await start(
      {},
      { status: () => ({ pools: { edge: { policy: 'all' } } }) as unknown as StatusReport },
    )
    expect(await (await get('/v1/pools/edge')).json()).toEqual({ policy: 'all' })
    expect((await get('/v1/pools/constructor')).status).toBe(404)
  })
})
