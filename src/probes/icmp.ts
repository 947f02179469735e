import { z } from 'zod'
import { SipvaneError } from '../core/errors.ts'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target } from '../core/target.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { askEcho } from './icmp/echo-question.ts'
import { EchoRefused } from './icmp/echo-socket.ts'
import { PingProcesses } from './icmp/ping-process.ts'
import { pooledRandomBytes } from './transport/random-bytes.ts'

const options = z.strictObject({})

export type IcmpSettings = z.output<typeof options>

export const icmp = defineProbe<IcmpSettings>({
  kind: 'icmp',
  summary:
    'Sends one ICMP echo request: proves that the host and the path live, nothing about SIP. Costs the server nothing; ' +
    "where this system lets us have no echo socket, the system's ping sends it, which costs this host one short process a question.",
  options,
  create: (_settings, deps) => new IcmpProber(deps),
})

const START_TIMEOUT_MS = 2000
const LOOPBACK = '127.0.0.1'

class IcmpProber implements Prober {
  readonly #deps: ProbeDeps
  readonly #randomBytes = pooledRandomBytes()
  readonly #pings: PingProcesses
  /** Why ping has to do it; undefined while echo sockets are not known to be refused. */
  #refusal: string | undefined

  constructor(deps: ProbeDeps) {
    this.#deps = deps
    this.#pings = new PingProcesses(deps.timers)
  }

  async start(): Promise<void> {
    const context = { timeoutMs: START_TIMEOUT_MS }
    let judged = await this.#ask(LOOPBACK, undefined, context)
    if (judged.result !== 'pass' && this.#refusal === undefined) {
      this.#fallBack(`no echo on loopback: ${judged.detail ?? judged.reason}`)
      judged = await this.#pings.ask(LOOPBACK, undefined, context)
    }
    if (judged.result !== 'pass') {
      throw new SipvaneError(
        'icmp-unavailable',
        `neither echo sockets work here (${this.#refusal}) nor does ping (${judged.detail ?? judged.reason}): allow the former, or ` +
          'install iputils (Debian: iputils-ping) and give it cap_net_raw',
      )
    }
    if (this.#refusal !== undefined) return
    const { logger, probe } = this.#deps
    logger.info(
      'probe.icmp-way',
      { probe, way: 'socket' },
      `${probe} sends its echo requests by sockets of its own`,
    )
  }

  async close(): Promise<void> {}

  ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    return this.#ask(address, target.source, context)
  }

  async #ask(address: string, source: string | undefined, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    if (this.#refusal === undefined) {
      try {
        return await askEcho(address, source, context, { ...this.#deps, randomBytes: this.#randomBytes })
      } catch (error) {
        if (!(error instanceof EchoRefused)) throw error
        this.#fallBack(error.message)
      }
    }
    context.trace?.({
      direction: 'note',
      text: `by the system's ping, having no echo sockets (${this.#refusal})`,
    })
    return await this.#pings.ask(address, source, context)
  }

  /** For as long as this prober lives. Several questions may find out at once; it is told once. */
  #fallBack(why: string): void {
    const { logger, probe } = this.#deps
    if (this.#refusal === undefined) {
      logger.info(
        'probe.icmp-way',
        { probe, way: 'ping', why },
        `${probe} runs the system's ping, one process a question, having no echo sockets (${why})`,
      )
    }
    this.#refusal ??= why
  }
}
