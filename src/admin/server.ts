import { createHash, timingSafeEqual } from 'node:crypto'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Facade } from '../app/facade.ts'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'
import type { Logger } from '../core/ports.ts'
import type { AdminSettings, SocketAddress } from '../core/settings.ts'
import { isFromOtherSite, mayBeRebound } from './browser.ts'
import { routes } from './routes/registry.ts'
import { problem } from './routes/route.ts'

const BODY_LIMIT_BYTES = 64 * 1024

/** What strangers can hold, so that the API never takes the files that probes and answers need. */
export const ADMIN_LIMITS = {
  /** Connections at a time; one more is closed at once. */
  connections: 512,
  /** From the connection, or the last answer's end, to the whole request. */
  requestTimeoutMs: 10_000,
  /** How often it is looked whose time is over. */
  sweepMs: 1_000,
}

/** What a load balancer or a service manager asks needs no secret, and tells none; nor does the empty page of the dashboard. */
const OPEN_PATHS = new Set(['/', '/healthz', '/readyz'])
const OPEN_FOLDER = '/lb/'

class AdminError extends SipvaneError {}

export interface AdminServer {
  /** Rejects with `AdminError` where the address cannot be had. */
  listen(): Promise<SocketAddress>
  close(): Promise<void>
}

/** The HTTP API of a running instance. Everything but `/`, `/healthz`, `/readyz` and `/lb/` asks for the token, where one is set. */
export function createAdminServer(
  settings: AdminSettings,
  facade: Facade,
  logger: Logger,
  limits: typeof ADMIN_LIMITS = ADMIN_LIMITS,
): AdminServer {
  const { connections, requestTimeoutMs, sweepMs } = limits
  const server = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: requestTimeoutMs,
    // Given to Node too: set afterwards, as fastify does, Node does not hold bodies to it.
    http: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: sweepMs,
    },
  })
  server.server.maxConnections = connections
  server.addHook('onRequest', async (request, reply) => authorize(settings, request, reply))
  takeEmptyBodies(server)
  server.setErrorHandler((error, _request, reply) => answerError(error, reply, logger))
  server.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(problem('not-found', `there is no ${request.method} on this path`))
  })
  for (const register of routes) register(server, facade)

  return {
    async listen() {
      const { address, port } = settings.listen
      try {
        await server.listen({ host: address, port })
      } catch (error) {
        const why = errnoOf(error) === 'EADDRINUSE' ? 'it is in use' : messageOf(error)
        throw new AdminError(
          'admin-not-listening',
          `cannot listen on admin address ${address} port ${port}: ${why}`,
          {
            retryable: true,
            cause: error,
          },
        )
      }
      const bound = server.server.address()
      return { address, port: typeof bound === 'object' && bound !== null ? bound.port : port }
    },
    close: () => server.close(),
  }
}

/** Many a client names the type of a body that it does not send, as with DELETE: that is no body, and no fault. */
function takeEmptyBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parse(request, body as string, done)
  })
}

async function authorize(
  settings: AdminSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cross-origin-resource-policy', 'same-origin')
  const path = request.url.split('?', 1)[0] ?? ''
  if (OPEN_PATHS.has(path) || path.startsWith(OPEN_FOLDER)) return
  if (isFromOtherSite(request.method, request.headers)) {
    await reply.code(403).send(problem('other-site', 'a web page of another origin may change nothing here'))
    return
  }
  if (settings.token === undefined) {
    if (!mayBeRebound(request.headers)) return
    const message = 'without a token this API is asked by its address or as localhost, by no other name'
    await reply.code(403).send(problem('other-host', message))
    return
  }
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (given !== undefined && sameSecret(given, settings.token)) return
  await reply
    .code(401)
    .header('www-authenticate', 'Bearer realm="sipvane"')
    .send(problem('unauthorized', 'a bearer token is required'))
}

/** Digests have one length, so the time taken tells nothing of the secret. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function answerError(error: unknown, reply: FastifyReply, logger: Logger): void {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) {
    void reply.code(status).send(problem('bad-request', messageOf(error)))
    return
  }
  logger.error('admin.failed', { error }, `a request to the admin API failed: ${messageOf(error)}`)
  void reply.code(500).send(problem('internal', 'the request failed; the log says why'))
}
