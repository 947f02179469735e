import { problem, type Routes } from './route.ts'

export const statusRoutes: Routes = (server, facade) => {
  server.get('/v1/status', async () => facade.status())
  server.get<{ Params: { pool: string } }>('/v1/pools/:pool', async (request, reply) => {
    const { pool } = request.params
    const { pools } = facade.status()
    if (Object.hasOwn(pools, pool)) return pools[pool]
    reply.code(404)
    return problem('unknown-pool', 'there is no pool of this name')
  })
}
