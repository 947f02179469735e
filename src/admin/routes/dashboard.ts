import { PAGE, PAGE_POLICY } from '../dashboard/page.ts'
import type { Routes } from './route.ts'

/**
 * `GET /`: the state of things for people. The page itself tells nothing and is open, for a browser sends no token by itself;
 * what it shows it asks for as any client does, with the token where one is set.
 */
export const dashboardRoutes: Routes = (server) => {
  server.get('/', async (_request, reply) => {
    reply.headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    return PAGE
  })
}
