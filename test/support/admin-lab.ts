import { createAdminServer } from '../../src/admin/server.ts'
import { type AppDeps, createApp } from '../../src/app/app.ts'
import type { App } from '../../src/app/facade.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { settingsOf } from './settings.ts'

export interface AdminLab {
  readonly app: App
  readonly port: number
  /** A request to the admin API, as any HTTP client sends it. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** A pushed report on `pool/target`; throws where it is not taken. */
  report(where: string, result: 'pass' | 'fail'): Promise<void>
  close(): Promise<void>
}

/** A running instance with its admin API on a free port of loopback; `config` says nothing of `admin`. */
export async function startAdminLab(
  config: string,
  options: Partial<AppDeps> & { readonly token?: string } = {},
): Promise<AdminLab> {
  const { token, ...deps } = options
  const app = createApp(settingsOf(config), { logger: silentLogger, version: '0', ...deps })
  await app.start()
  const listen = { address: '127.0.0.1', port: 0 }
  const server = createAdminServer({ listen, ...(token === undefined ? {} : { token }) }, app, silentLogger)
  const { port } = await server.listen()
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
  return {
    app,
    port,
    ask,
    async report(where, result) {
      const [pool, target] = where.split('/')
      const response = await ask(`/v1/pools/${pool}/targets/${target}/report`, {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ result }),
      })
      if (!response.ok) throw new Error(`the report was not taken: ${response.status}`)
    },
    async close() {
      await server.close()
      await app.stop()
    },
  }
}
