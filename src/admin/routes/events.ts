import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { EventSource } from '../../app/event-log.ts'
import type { SipvaneEvent } from '../../core/event.ts'
import { problem, type Routes } from './route.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000
const STREAMS_MAX = 100
/** Proxies drop a connection on which nothing is said. */
const HEARTBEAT_MS = 15_000
/** A reader this far behind is let go: it comes back with the id of the last event that it has. */
const BEHIND_MAX_BYTES = 1_048_576

const query = z.object({
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
  after: z.string().max(100).optional(),
})

/** `GET /v1/events`: the last events as a list, or with `Accept: text/event-stream` as a stream that goes on. */
export const eventRoutes: Routes = (server, facade) => {
  let streams = 0
  server.get('/v1/events', async (request, reply) => {
    const parsed = query.safeParse(request.query)
    if (!parsed.success) {
      reply.code(400)
      return problem('bad-request', `allowed: limit from 1 to ${LIMIT_MAX}, after an id`)
    }
    const { limit } = parsed.data
    const lastId = request.headers['last-event-id']
    const after = parsed.data.after ?? (typeof lastId === 'string' ? lastId.slice(0, 100) : undefined)
    if (!/\btext\/event-stream\b/.test(request.headers.accept ?? ''))
      return { events: facade.events.recent(limit, after) }
    if (streams >= STREAMS_MAX) {
      reply.code(503)
      return problem('busy', `${STREAMS_MAX} streams are open already`)
    }
    streams++
    reply.raw.once('close', () => streams--)
    // A new reader gets what is to come; one that comes back also what it missed.
    const missed = after === undefined ? [] : facade.events.recent(limit, after)
    stream(reply, facade.events, missed)
    return reply
  })
}

/** The WHATWG form: `id`, `event`, `data`, an empty line. */
function stream(reply: FastifyReply, events: EventSource, missed: readonly SipvaneEvent[]): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  raw.write(': sipvane events\n\n')
  const send = (event: SipvaneEvent) => {
    if (raw.writableLength > BEHIND_MAX_BYTES) raw.destroy()
    // JSON has no line end in it.
    else raw.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  for (const event of missed) send(event)
  const leave = events.subscribe(send)
  const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS)
  raw.once('close', () => {
    clearInterval(heartbeat)
    leave()
  })
}
