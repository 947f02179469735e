import type { z } from 'zod'
import { errnoOf } from '../core/errors.ts'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target } from '../core/target.ts'
import { uriHost } from '../wire/sip/header-values.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { type HttpEnd, HttpExchange, type HttpQuestion } from './http/exchange.ts'
import { Expected } from './http/expected.ts'
import { httpOptions } from './http/options.ts'
import { readTrustAnchors } from './sip-endpoint.ts'
import { type SocketFault, socketFault } from './transport/errno-reasons.ts'
import { connectFault, ownRouteFault } from './transport/routes.ts'
import { handshakeFault, isTlsError } from './transport/tls-rules.ts'

export type HttpSettings = z.output<typeof httpOptions>

export const http = defineProbe<HttpSettings>({
  kind: 'http',
  summary:
    'Asks one URL of the target and looks at status, headers and body: proves what that page proves. Costs the server one page.',
  options: httpOptions,
  files: ['ca'],
  create: (settings, deps) => new HttpProber(settings, deps),
})

class HttpProber implements Prober {
  readonly #settings: HttpSettings
  readonly #exchange: HttpExchange
  readonly #expected: Expected
  #ca: string | undefined

  constructor(settings: HttpSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#exchange = new HttpExchange(settings, deps)
    this.#expected = new Expected(settings)
  }

  async start(): Promise<void> {
    this.#ca = await readTrustAnchors(this.#settings.ca)
  }

  async close(): Promise<void> {
    this.#exchange.close()
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const question = this.#question(target, address)
    const { method, path, headers, port } = question
    const scheme = question.tls === undefined ? 'http' : 'https'
    const where = `${address} port ${port} over ${scheme}`
    context.trace?.({
      direction: 'sent',
      text: printable(`${method} ${path} for ${headers.host} to ${where}`),
    })
    const end = await this.#exchange.ask(question, context)
    const judged = await this.#judge(end, question)
    if (end.kind === 'answer') {
      const text = `${end.status}, ${end.body.length} bytes: ${Buffer.from(end.body.subarray(0, 500)).toString('latin1')}`
      context.trace?.({ direction: 'received', text: printable(text, 400) })
    }
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }

  #question(target: Target, address: string): HttpQuestion {
    const { method, path, headers, tls, verify = true, host } = this.#settings
    const serverName = this.#settings.serverName ?? target.serverName
    const port = this.#settings.port ?? (tls ? 443 : 80)
    const usual = port === (tls ? 443 : 80)
    return {
      method,
      address,
      port,
      path,
      source: target.source,
      headers: {
        'user-agent': 'sipvane (+health check)',
        accept: '*/*',
        ...headers,
        host: host ?? `${uriHost(serverName ?? address)}${usual ? '' : `:${port}`}`,
      },
      ...(tls
        ? {
            tls: {
              verify,
              ...(serverName === undefined ? {} : { serverName }),
              ...(this.#ca === undefined ? {} : { ca: this.#ca }),
            },
          }
        : {}),
    }
  }

  async #judge(end: HttpEnd, question: HttpQuestion): Promise<Outcome> {
    switch (end.kind) {
      case 'answer': {
        const fault = this.#expected.fault(end)
        const rest = { attempts: 1, rttMs: end.rttMs, status: end.status }
        // RFC 9110 section 15.6.4: as in SIP, 503 says that the server lives and wants no more.
        if (fault !== undefined) {
          const server = end.status >= 500 && fault.of === 'status'
          return outcome(server ? 'bad-status' : 'unexpected', { ...rest, detail: printable(fault.text) })
        }
        return outcome('ok', { ...rest, detail: `status ${end.status}` })
      }
      case 'error': {
        const fault = await errorFault(end, question)
        return outcome(fault.reason, { attempts: fault.reason === 'no-route' ? 0 : 1, detail: fault.detail })
      }
      case 'timeout': {
        // A kept connection falls silent where our own interface or address went away.
        const { address, source } = question
        const own = source === undefined ? undefined : await ownRouteFault(address, source)
        if (own !== undefined) return outcome(own.reason, { attempts: 0, detail: own.detail })
        return outcome('timeout', { attempts: 1, detail: 'no answer' })
      }
      case 'aborted':
        return outcome('aborted', { attempts: 1 })
    }
  }
}

/**
 * | phase        | error                        | then |
 * |--------------|------------------------------|------|
 * | connecting   | any                          | by errno and routing table |
 * | handshaking  | any                          | the handshake's |
 * | open         | of the TLS library           | the handshake's: with TLS 1.3 a server may refuse late |
 * | open         | of the HTTP parser           | bad-reply |
 * | open         | any other                    | by errno |
 */
async function errorFault(
  { error, phase }: HttpEnd & { kind: 'error' },
  question: HttpQuestion,
): Promise<SocketFault> {
  if (phase === 'connecting') return connectFault(error, question.address, question.source)
  const code = errnoOf(error) ?? ''
  if (phase === 'handshaking' || isTlsError(error)) {
    return handshakeFault(error, question.tls?.serverName ?? question.address)
  }
  if (code.startsWith('HPE_'))
    return { reason: 'bad-reply', detail: printable(`what came is not HTTP (${code})`) }
  return socketFault(error, 'remote')
}
