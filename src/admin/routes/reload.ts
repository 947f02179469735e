import { problem, type Routes } from './route.ts'

/** As SIGHUP, with an answer: 422 and every fault when the new configuration is refused and the old one stays. */
export const reloadRoutes: Routes = (server, facade) => {
  server.post('/v1/reload', async (_request, reply) => {
    const refused = await facade.requestReload()
    if (refused === undefined) return { status: 'reloaded' }
    reply.code(422)
    return {
      ...problem('config-refused', 'the new configuration is refused, the old one stays'),
      faults: refused,
    }
  })
}
