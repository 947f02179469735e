import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import type { Facade } from '../../src/app/facade.ts'
import { silentLogger } from '../../src/core/ports.ts'

let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const OVERRIDE = '/v1/pools/edge/targets/sip1/override'

/** `acts`: what the API let through to the instance. */
async function start(token?: string) {
  const acts: string[] = []
  const facade = {
    status: () => ({ node: 'ns1' }),
    notReady: () => [],
    lb: () => ({ status: 'active' }),
    setOverride: () => acts.push('override') > 0,
    report: () => {
      acts.push('report')
      return { taken: true, probe: 'push' }
    },
    requestReload: async () => {
      acts.push('reload')
    },
    events: { recent: () => [], subscribe: () => () => {} },
  } as unknown as Facade
  const listen = { address: '127.0.0.1', port: 0 }
  server = createAdminServer({ listen, ...(token === undefined ? {} : { token }) }, facade, silentLogger)
  const { port } = await server.listen()
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status: number | undefined; headers: Record<string, unknown> }>((resolve, reject) => {
      // Not fetch: it allows neither another Host nor an Origin.
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        response
          .resume()
          .once('end', () => resolve({ status: response.statusCode, headers: response.headers }))
      })
      sent.once('error', reject)
      sent.end(body)
    })
  return { send, acts, port }
}

const JSON_TYPE = { 'content-type': 'application/json' }

describe('a web page in the browser of an operator', () => {
  it.each([
    ['fetch or a form of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [
      'a page of another port of this host',
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' },
    ],
    ['a sandboxed frame', { origin: 'null' }],
    ['an older browser, which tells the origin alone', { origin: 'https://evil.example' }],
    ['an origin that is no URL', { origin: '::' }],
  ])('changes nothing by %s', async (_what, headers) => {
    const { send, acts } = await start()
    expect((await send('POST', '/v1/reload', headers)).status).toBe(403)
    expect(
      (await send('POST', '/v1/reload', { ...headers, 'content-type': 'text/plain' }, '{}')).status,
    ).toBe(403)
    expect((await send('PUT', OVERRIDE, { ...headers, ...JSON_TYPE }, '{"kind":"down"}')).status).toBe(403)
    expect((await send('DELETE', OVERRIDE, headers)).status).toBe(403)
    expect(acts).toEqual([])
  })

  it('learns nothing by a name that was turned to this host (DNS rebinding), and changes nothing', async () => {
    const { send, acts, port } = await start()
    for (const name of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'xn--localhost',
    ]) {
      const headers = {
        host: `${name}:${port}`,
        origin: `http://${name}:${port}`,
        'sec-fetch-site': 'same-origin',
      }
      expect((await send('GET', '/v1/status', headers)).status).toBe(403)
      expect((await send('GET', '/metrics', { host: name })).status).toBe(403)
      expect((await send('POST', '/v1/reload', headers)).status).toBe(403)
      expect((await send('PUT', OVERRIDE, { ...headers, ...JSON_TYPE }, '{"kind":"down"}')).status).toBe(403)
    }
    expect(acts).toEqual([])
  })

  it('gets no leave to send what is not simple, and no header that would let it read', async () => {
    const { send } = await start()
    const origin = 'https://evil.example'
    const asked = await send('OPTIONS', OVERRIDE, { origin, 'access-control-request-method': 'PUT' })
    expect(asked.status).toBeGreaterThanOrEqual(400)
    const read = await send('GET', '/v1/status', { origin })
    for (const { headers } of [asked, read])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(read.headers['x-content-type-options']).toBe('nosniff')
  })
})

describe('everybody else', () => {
  it('asks by address or as localhost, with a port or without, and acts', async () => {
    const { send, acts, port } = await start()
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`, '192.0.2.7'])
      expect((await send('GET', '/v1/status', { host })).status).toBe(200)
    expect((await send('POST', '/v1/reload')).status).toBe(200)
    const own = { origin: `http://127.0.0.1:${port}` }
    expect((await send('POST', '/v1/reload', own)).status).toBe(200)
    expect((await send('POST', '/v1/reload', { ...own, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(acts).toEqual(['reload', 'reload', 'reload'])
  })

  it('may use a name where a token is set, which no page has', async () => {
    const { send, acts } = await start('let-me-in')
    const host = 'sipvane.example'
    expect((await send('GET', '/v1/status', { host })).status).toBe(401)
    const headers = { host, authorization: 'Bearer let-me-in' }
    expect((await send('GET', '/v1/status', headers)).status).toBe(200)
    expect((await send('POST', '/v1/reload', headers)).status).toBe(200)
    // A proxy that adds the token adds it for pages too.
    expect((await send('POST', '/v1/reload', { ...headers, origin: 'https://evil.example' })).status).toBe(
      403,
    )
    expect(acts).toEqual(['reload'])
  })

  it('asks for health, readiness and the active target by any name: balancers send what they like', async () => {
    const { send } = await start()
    for (const path of ['/healthz', '/readyz', '/lb/edge/sip1'])
      expect((await send('GET', path, { host: 'vip.example' })).status).toBe(200)
  })
})
