import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { port } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { compileMatch, textMatch } from './pattern/text-match.ts'
import { openTcp } from './source/sockets.ts'
import { Exchange, type ExchangeEnd, RECEIVE_MAX_BYTES, type Script } from './tcp/exchange.ts'
import { type Cut, withinBudget } from './transport/budget.ts'
import { socketFault } from './transport/errno-reasons.ts'
import { connectFault } from './transport/routes.ts'
import { closeTcp } from './transport/tcp-socket.ts'

const spoken = z.string().min(1).max(4096)

const options = z.strictObject({
  port: port().optional().describe("Port to connect to. Default the target's TCP port."),
  send: spoken
    .optional()
    .describe('Text to send once connected; write line ends as "\\r\\n" in double quotes.'),
  expect: textMatch()
    .optional()
    .describe('What has to come: words, or a pattern between slashes, like "/^220 .*ready/i".'),
  quit: spoken.optional().describe('Text to send before closing.'),
})

export type TcpSettings = z.output<typeof options>

export const tcp = defineProbe<TcpSettings>({
  kind: 'tcp',
  summary:
    'Opens a TCP connection, sends and expects text where it is told to, and closes: proves that the host lives and something ' +
    'listens (and answers as expected), not that it answers SIP. Costs the server one accept.',
  options,
  create: (settings, deps) => new TcpProber(settings, deps),
})

class TcpProber implements Prober {
  readonly #port: number | undefined
  readonly #script: Script
  readonly #deps: ProbeDeps

  constructor(settings: TcpSettings, deps: ProbeDeps) {
    const { send, expect, quit } = settings
    this.#port = settings.port
    this.#script = {
      send: send === undefined ? undefined : Buffer.from(send),
      expect: expect === undefined ? undefined : compileMatch(expect),
      quit: quit === undefined ? undefined : Buffer.from(quit),
    }
    this.#deps = deps
  }

  /** SYN and SYN ACK. What a server says takes as long as it thinks. */
  get roundTrips(): number | undefined {
    return this.#script.expect === undefined ? 1 : undefined
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const { clock, timers } = this.#deps
    const port = this.#port ?? target.ports.tcp
    context.trace?.({ direction: 'note', text: `connecting to ${address} port ${port}` })
    const socket = openTcp(address, port, target.source)
    const exchange = new Exchange(socket, this.#script, clock, context.trace)
    const end = await withinBudget<ExchangeEnd>(context, timers, (settle) => exchange.run(settle))
    await closeTcp(socket)
    const judged = await this.#judge(end, exchange, address, target.source)
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }

  /**
   * | end                        | connected | something came | reason     |
   * |----------------------------|-----------|----------------|------------|
   * | the script went through    | yes       | -              | ok         |
   * | the far end closed         | yes       | no             | closed     |
   * | the far end closed         | yes       | yes            | unexpected |
   * | it talked past the cap     | yes       | yes            | unexpected |
   * | time-out                   | no        | -              | timeout    |
   * | time-out                   | yes       | no             | timeout    |
   * | time-out                   | yes       | yes            | unexpected: it answers, and something else |
   * | an error                   | no        | -              | by errno and routing table |
   * | an error                   | yes       | -              | by errno   |
   */
  async #judge(
    end: ExchangeEnd | Cut,
    exchange: Exchange,
    address: string,
    source: string | undefined,
  ): Promise<Outcome> {
    const { connected, heard } = exchange
    const said = printable(heard, 80)
    switch (end.kind) {
      case 'done':
        return outcome('ok', {
          attempts: 1,
          rttMs: end.rttMs,
          detail: this.#script.expect === undefined ? 'connected' : 'the expected came',
        })
      case 'closed':
        return heard.length === 0
          ? outcome('closed', { attempts: 1, detail: 'the far end closed without a word' })
          : outcome('unexpected', { attempts: 1, detail: `closed after: ${said}` })
      case 'too-long':
        return outcome('unexpected', {
          attempts: 1,
          detail: `not in the first ${RECEIVE_MAX_BYTES} bytes: ${said}`,
        })
      case 'timeout':
        if (heard.length > 0) return outcome('unexpected', { attempts: 1, detail: `instead came: ${said}` })
        return outcome('timeout', {
          attempts: 1,
          detail: connected ? 'connected, but nothing came' : 'no answer to the connection request',
        })
      case 'aborted':
        return outcome('aborted', { attempts: 1 })
      case 'error': {
        const fault = connected
          ? socketFault(end.error, 'remote')
          : await connectFault(end.error, address, source)
        return outcome(fault.reason, { attempts: fault.reason === 'no-route' ? 0 : 1, detail: fault.detail })
      }
    }
  }
}
