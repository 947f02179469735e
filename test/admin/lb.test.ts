import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import type { Facade } from '../../src/app/facade.ts'
import type { LbAnswer } from '../../src/app/lb-answers.ts'
import { recordingLogger } from '../support/recording-logger.ts'

let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(answers: Readonly<Record<string, LbAnswer>>) {
  const facade = { lb: (pool: string, target: string) => answers[`${pool}/${target}`] }
  const listen = { address: '127.0.0.1', port: 0 }
  server = createAdminServer({ listen, token: 'let-me-in' }, facade as unknown as Facade, recordingLogger())
  const { port } = await server.listen()
  return (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method })
}

describe('GET /lb/:pool/:target', () => {
  it('is 200 for the active target and 503 for any other, without a token, and nothing keeps it', async () => {
    const ask = await start({
      'edge/sip1': { status: 'active' },
      'edge/sip2': { status: 'standby' },
      'edge/sip3': { status: 'taking-over', inMs: 4_200 },
    })
    const active = await ask('/lb/edge/sip1')
    expect([active.status, active.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await active.json()).toEqual({ status: 'active' })
    const standby = await ask('/lb/edge/sip2')
    expect([standby.status, standby.headers.get('retry-after')]).toEqual([503, null])
    const next = await ask('/lb/edge/sip3')
    expect([next.status, next.headers.get('retry-after')]).toEqual([503, '5'])
  })

  it('answers HEAD alike, without a body', async () => {
    const ask = await start({ 'edge/sip1': { status: 'active' }, 'edge/sip2': { status: 'standby' } })
    const active = await ask('/lb/edge/sip1', 'HEAD')
    expect([active.status, await active.text()]).toEqual([200, ''])
    expect((await ask('/lb/edge/sip2', 'HEAD')).status).toBe(503)
  })

  it('is 404 where there is no such target, which no balancer takes for life', async () => {
    const ask = await start({})
    expect((await ask('/lb/edge/sip9')).status).toBe(404)
    expect((await ask('/lb/../v1/status')).status).toBe(401)
    expect((await ask('/lb/%2e%2e/v1/status')).status).not.toBe(200)
  })
})
