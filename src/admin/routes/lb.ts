import { problem, type Routes } from './route.ts'

/**
 * What Azure Load Balancer, AWS, HAProxy and keepalived ask: 200 for the one target that should get traffic, 503 for every other.
 * HEAD comes with it. Open to everybody, for such probes can carry no secret.
 */
export const lbRoutes: Routes = (server, facade) => {
  server.get<{ Params: { pool: string; target: string } }>('/lb/:pool/:target', async (request, reply) => {
    const { pool, target } = request.params
    // A cache between us would tell of two active targets after all.
    reply.header('cache-control', 'no-store')
    const answer = facade.lb(pool, target)
    if (answer === undefined) {
      reply.code(404)
      return problem('unknown-target', 'there is no target of this name in this pool')
    }
    if (answer.status === 'active') return answer
    reply.code(503)
    if (answer.status === 'taking-over') reply.header('retry-after', Math.ceil(answer.inMs / 1000))
    return answer
  })
}
