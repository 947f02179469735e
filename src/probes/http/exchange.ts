import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import type { Clock, Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { type Cut, withinBudget } from '../transport/budget.ts'
import type { TlsParameters } from '../transport/sip-transports.ts'
import { tlsOptions } from '../transport/tls-rules.ts'
import { retire, sourceAgent } from './agents.ts'

/** No answer that tells a server's health is longer; a hostile one could send for ever. */
const BODY_MAX_BYTES = 65_536
const HEAD_MAX_BYTES = 16_384
/** Kept connections are replaced after this: only a new one shows that new ones are taken, and the certificate on duty. */
const KEPT_MAX_AGE_MS = 600_000

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD'
  readonly address: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Local address or interface to leave by. */
  readonly source?: string | undefined
  /** Absent: plain HTTP. */
  readonly tls?: TlsParameters | undefined
}

export interface HttpAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** At most `BODY_MAX_BYTES`. */
  readonly body: Uint8Array
  /** From the request to the end of the answer. */
  readonly rttMs: number
}

export type HttpEnd =
  | HttpAnswer
  | { readonly kind: 'error'; readonly error: Error; readonly phase: 'connecting' | 'handshaking' | 'open' }
  | Cut

/** HTTP questions of one probe; with `keepAlive` connections are kept from one to the next. */
export class HttpExchange {
  readonly #options: { readonly keepAlive: boolean; readonly tls: boolean }
  #agent: Agent | HttpsAgent | undefined
  #agentSinceMs = 0
  readonly #clock: Clock
  readonly #timers: Timers

  constructor(options: { keepAlive: boolean; tls: boolean }, deps: { clock: Clock; timers: Timers }) {
    this.#clock = deps.clock
    this.#timers = deps.timers
    this.#options = options
  }

  close(): void {
    this.#agent?.destroy()
  }

  /** Asks an address literal; nothing is looked up, nothing redirected to. Never rejects. */
  async ask(question: HttpQuestion, context: AskContext): Promise<HttpEnd> {
    const startMs = this.#clock.nowMs()
    const { end, reused } = await this.#once(question, context, this.#keptConnections(startMs))
    // The far end may have closed a kept connection in the very moment that we asked over it (RFC 9112 section 9.5).
    if (end.kind !== 'error' || !reused) return end
    context.trace?.({ direction: 'note', text: 'the kept connection is dead: asking again on a new one' })
    const leftMs = Math.max(1, context.timeoutMs - (this.#clock.nowMs() - startMs))
    return (await this.#once(question, { ...context, timeoutMs: leftMs }, undefined)).end
  }

  #keptConnections(nowMs: number): Agent | HttpsAgent | undefined {
    if (!this.#options.keepAlive) return undefined
    if (this.#agent !== undefined && nowMs - this.#agentSinceMs <= KEPT_MAX_AGE_MS) return this.#agent
    if (this.#agent !== undefined) retire(this.#agent)
    this.#agent = sourceAgent(this.#options)
    this.#agentSinceMs = nowMs
    return this.#agent
  }

  async #once(
    question: HttpQuestion,
    context: AskContext,
    agent: Agent | HttpsAgent | undefined,
  ): Promise<{ end: HttpEnd; reused: boolean }> {
    const request = this.#request(question, agent)
    const startMs = this.#clock.nowMs()
    let phase: 'connecting' | 'handshaking' | 'open' = 'connecting'
    const end = await withinBudget<HttpAnswer | (HttpEnd & { kind: 'error' })>(
      context,
      this.#timers,
      (settle) => {
        request.once('socket', (socket) => {
          if (request.reusedSocket) phase = 'open'
          socket.once('connect', () => {
            phase = question.tls === undefined ? 'open' : 'handshaking'
          })
          socket.once('secureConnect', () => {
            phase = 'open'
          })
        })
        request.on('error', (error) => settle({ kind: 'error', error, phase }))
        request.once('response', (response) => {
          this.#read(
            response,
            (body) =>
              settle({
                kind: 'answer',
                status: response.statusCode ?? 0,
                headers: response.headers,
                body,
                rttMs: this.#clock.nowMs() - startMs,
              }),
            (error) => settle({ kind: 'error', error, phase }),
          )
        })
        request.end()
      },
    )
    const reused = request.reusedSocket
    // A whole answer leaves the connection to the agent; anything else spoils it.
    const kept = end.kind === 'answer' && agent !== undefined && end.body.length < BODY_MAX_BYTES
    if (!kept) await destroyed(request)
    return { end, reused }
  }

  #request(question: HttpQuestion, agent: Agent | HttpsAgent | undefined): ClientRequest {
    const { method, address, port, path, headers, source, tls } = question
    const options = {
      method,
      host: address,
      port,
      family: isIP(address),
      path,
      headers,
      agent: agent ?? sourceAgent({ tls: tls !== undefined, keepAlive: false }),
      maxHeaderSize: HEAD_MAX_BYTES,
      insecureHTTPParser: false,
      ...(source === undefined ? {} : { localAddress: source }),
    }
    if (tls === undefined) return httpRequest(options)
    const name = tls.serverName ?? address
    return httpsRequest({
      ...options,
      ...tlsOptions(tls, address),
      // Node would take the Host header for SNI. An empty one sends none: an address is no name (RFC 6066 section 3).
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    })
  }

  #read(response: IncomingMessage, done: (body: Uint8Array) => void, failed: (error: Error) => void): void {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      if (length >= BODY_MAX_BYTES) return
      chunks.push(chunk.subarray(0, BODY_MAX_BYTES - length))
      length += chunk.length
      if (length >= BODY_MAX_BYTES) done(Buffer.concat(chunks))
    })
    response.once('end', () => done(Buffer.concat(chunks)))
    response.on('error', failed)
  }
}

/** Waits until the request's handle is gone. */
async function destroyed(request: ClientRequest): Promise<void> {
  const { socket } = request
  request.on('error', () => {})
  request.destroy()
  if (socket === null || socket === undefined || socket.closed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
