/**
 * A server that speaks Cloudflare's v4 JSON to the real SDK, with the faults of the real one. Needs no test runner.
 *
 *   const server = await createCloudflareServer({ zones: [{ id: ZONE_ID, name: 'example.com' }] })
 *   … new Cloudflare({ baseURL: server.baseUrl, apiToken: TOKEN }) …
 *   server.fail(on('batch'), { kind: 'lose-reply' })   // the next batch is applied and its reply lost
 *   server.zone.view()                                  // what the zone says, in words
 *   server.calls                                        // all that came in, in order
 *   await server.close()
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Access, Budget, type BudgetOptions, type TokenOptions } from './cloudflare-access.ts'
import { type Call, callOf, type Matcher, type Trouble, TroubleQueue } from './cloudflare-faults.ts'
import { type ApiFault, errorBody, FAULTS, Refusal, resultBody } from './cloudflare-replies.ts'
import { answer, type Reply } from './cloudflare-routes.ts'
import { CloudflareZone, type ZoneOptions } from './cloudflare-zone.ts'

export { on } from './cloudflare-faults.ts'
/** A token of the fake that may do everything. */
export const TOKEN = 'fake-token-0123456789-abcdefghijklmnopqrs'
export const ZONE_ID = '023e105f4ecef8ad9ca31a8372d0c353'

export interface CloudflareServerOptions {
  /** Default: `example.com` on the free plan, as `ZONE_ID`. */
  readonly zones?: readonly ZoneOptions[]
  /** Default: `TOKEN`. */
  readonly tokens?: readonly TokenOptions[]
  readonly budget?: BudgetOptions
  /** Records on a page at most, whatever is asked for. Default: as the real one. */
  readonly maxPerPage?: number
  /** Every reply waits so long, in milliseconds. */
  readonly latencyMs?: number
}

export interface CloudflareServer {
  /** `http://127.0.0.1:PORT/client/v4` */
  readonly baseUrl: string
  /** The first zone. */
  readonly zone: CloudflareZone
  readonly zones: readonly CloudflareZone[]
  readonly calls: readonly Call[]
  readonly access: Access
  /** Called before each call is served: for edits that come in between. */
  onCall: ((call: Call) => void) | undefined
  /** The next `times` calls (default 1) that match go wrong so. */
  fail(matcher: Matcher, trouble: Trouble, times?: number): void
  /** Forgets what is still to go wrong. */
  calm(): void
  close(): Promise<void>
}

/** In octets; a batch of 3,500 changes has under 2 MB. */
const MAX_BODY = 16 * 1024 * 1024

export async function createCloudflareServer(
  options: CloudflareServerOptions = {},
): Promise<CloudflareServer> {
  const fake = new FakeCloudflare(options)
  await fake.listen()
  return fake
}

class FakeCloudflare implements CloudflareServer {
  baseUrl = ''
  readonly zones: readonly CloudflareZone[]
  readonly calls: Call[] = []
  readonly access = new Access()
  onCall: ((call: Call) => void) | undefined
  readonly #budget: Budget
  readonly #latencyMs: number
  readonly #maxPerPage: number
  readonly #troubles = new TroubleQueue()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(options: CloudflareServerOptions) {
    const zones = options.zones ?? [{ id: ZONE_ID, name: 'example.com' }]
    this.zones = zones.map((one) => new CloudflareZone(one))
    for (const token of options.tokens ?? [{ secret: TOKEN }]) this.access.add(token)
    this.#budget = new Budget(options.budget)
    this.#latencyMs = options.latencyMs ?? 0
    this.#maxPerPage = options.maxPerPage ?? 5_000_000
    this.#server = createServer((request, response) => this.#take(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    })
  }

  get zone(): CloudflareZone {
    const [first] = this.zones
    if (first === undefined) throw new Error('the fake has no zone')
    return first
  }

  async listen(): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#server.once('error', failed)
      this.#server.listen(0, '127.0.0.1', done)
    })
    this.baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/client/v4`
  }

  fail(matcher: Matcher, trouble: Trouble, times = 1): void {
    this.#troubles.add(matcher, trouble, times)
  }

  calm(): void {
    this.#troubles.clear()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_BODY) request.destroy()
      else chunks.push(chunk)
    })
    request.on('error', () => {})
    request.on('end', () => {
      const call = callOf(
        request.method ?? '',
        request.url ?? '',
        Object.keys(request.headers),
        Buffer.concat(chunks).toString(),
      )
      this.calls.push(call)
      this.onCall?.(call)
      const trouble = this.#troubles.take(call)
      const delayMs = this.#latencyMs + (trouble?.kind === 'slow' ? trouble.delayMs : 0)
      if (delayMs === 0) this.#serve(call, request, response, trouble)
      else this.#later(delayMs, () => this.#serve(call, request, response, trouble))
    })
  }

  #later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, delayMs)
    this.#timers.add(timer)
  }

  #serve(call: Call, request: IncomingMessage, response: ServerResponse, trouble: Trouble | undefined): void {
    const { allowed, headers } = this.#budget.spend()
    switch (trouble?.kind) {
      case 'reset':
        return void request.socket.destroy()
      case 'stall':
        return
      case 'fault':
        send(response, {
          status: trouble.fault.status,
          body: errorBody(trouble.fault),
          headers: { ...headers, ...trouble.headers },
        })
        return
      case 'blank':
        send(response, { ...BLANK, headers })
        return
      case 'page':
        response.writeHead(trouble.status, { 'content-type': 'text/html' })
        return void response.end(
          `<html><head><title>${trouble.status}</title></head><body>${'x'.repeat(2000)}</body></html>`,
        )
    }
    if (!allowed) {
      send(response, { status: 429, body: errorBody(FAULTS.throttled), headers })
      return
    }
    const reply = this.#reply(call, request.headers.authorization)
    const full = { ...reply, headers: { ...headers, ...reply.headers } }
    switch (trouble?.kind) {
      case 'lose-reply':
        return void request.socket.destroy()
      case 'stall-reply':
        return
      case 'half-reply': {
        const text = JSON.stringify(full.body)
        response.writeHead(full.status, { 'content-type': 'application/json', 'content-length': text.length })
        return void response.write(text.slice(0, text.length / 2))
      }
      case 'garbage':
        response.writeHead(200, { 'content-type': 'application/json' })
        return void response.end('{"result": [')
    }
    send(response, full)
  }

  #reply(call: Call, authorization: string | undefined): Reply {
    const token = this.access.token(authorization)
    if ('code' in token) {
      // The verify endpoint words it its own way.
      const own = token.code === 9109 && call.kind === 'verify' ? FAULTS.invalidToken : token
      return refused(own)
    }
    try {
      return answer(call, token, this.access, this.zones, this.#maxPerPage)
    } catch (error) {
      if (error instanceof Refusal) return refused(error.fault)
      throw error
    }
  }
}

const BLANK: Reply = {
  status: 200,
  body: resultBody([], { page: 1, per_page: 100, count: 0, total_count: 0, total_pages: 0 }),
}

function refused(one: ApiFault): Reply {
  return { status: one.status, body: errorBody(one) }
}

function send(response: ServerResponse, reply: Reply): void {
  const text = JSON.stringify(reply.body)
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
  response.end(text)
}
