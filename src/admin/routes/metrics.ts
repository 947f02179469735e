import { createMetrics } from '../metrics.ts'
import type { Routes } from './route.ts'

export const metricsRoutes: Routes = (server, facade) => {
  const metrics = createMetrics(() => facade.status())
  server.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType)
    return metrics.render()
  })
}
