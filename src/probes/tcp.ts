import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target } from '../core/target.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { familyOf, type SocketFault } from './transport/errno-reasons.ts'
import { connectFault } from './transport/routes.ts'

const options = z.strictObject({
  /** Default: the target's TCP port. */
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port to connect to. Default the target's TCP port."),
})

export type TcpSettings = z.output<typeof options>

export const tcp = defineProbe<TcpSettings>({
  kind: 'tcp',
  summary:
    'Opens a TCP connection and closes it at once: proves that the host lives and something listens, not that it ' +
    'answers SIP. Costs the server one accept.',
  options,
  create: (settings, deps) => new TcpProber(settings, deps),
})

class TcpProber implements Prober {
  readonly #settings: TcpSettings
  readonly #deps: ProbeDeps

  constructor(settings: TcpSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const port = this.#settings.port ?? target.ports.tcp
    const { clock } = this.#deps
    const startMs = clock.nowMs()
    context.trace?.({ direction: 'note', text: `connecting to ${address} port ${port}` })
    const socket = connect({
      host: address,
      port,
      family: familyOf(address),
      ...(target.source === undefined ? {} : { localAddress: target.source }),
    })
    const end = await this.#firstEvent(socket, context)
    const rttMs = clock.nowMs() - startMs
    await closed(socket)
    const judged = await this.#judge(end, address, target.source, rttMs)
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }

  async #judge(end: End, address: string, source: string | undefined, rttMs: number): Promise<Outcome> {
    switch (end.kind) {
      case 'connected':
        return outcome('ok', { attempts: 1, rttMs, detail: 'connected' })
      case 'timeout':
        return outcome('timeout', { attempts: 1, detail: 'no answer to the connection request' })
      case 'aborted':
        return outcome('aborted', { attempts: 1 })
      case 'error': {
        const fault: SocketFault = await connectFault(end.error, address, source)
        return outcome(fault.reason, { attempts: fault.reason === 'no-route' ? 0 : 1, detail: fault.detail })
      }
    }
  }

  #firstEvent(socket: Socket, context: AskContext): Promise<End> {
    return new Promise((resolve) => {
      const settle = (end: End) => {
        cancel()
        context.signal?.removeEventListener('abort', abort)
        resolve(end)
      }
      const abort = () => settle({ kind: 'aborted' })
      const cancel = this.#deps.timers.after(context.timeoutMs, () => settle({ kind: 'timeout' }))
      context.signal?.addEventListener('abort', abort)
      socket.once('connect', () => settle({ kind: 'connected' }))
      socket.on('error', (error) => settle({ kind: 'error', error }))
    })
  }
}

type End =
  | { readonly kind: 'connected' | 'timeout' | 'aborted' }
  | { readonly kind: 'error'; readonly error: Error }

/** Waits until the handle is gone: a prober that has answered leaves nothing open. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
