import type { Routes } from './route.ts'

/** What load balancers and service managers ask; open to everybody, and telling no secret. */
export const healthRoutes: Routes = (server, facade) => {
  server.get('/healthz', async () => ({ status: 'alive' }))
  server.get('/readyz', async (_request, reply) => {
    const missing = facade.notReady()
    if (missing.length === 0) return { status: 'ready' }
    reply.code(503)
    return { status: 'not ready', missing }
  })
}
