import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { address, port } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import type { BindingResponse } from '../wire/stun/message.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { askStun, describe, type StunResult } from './stun/client.ts'
import { LateAnswers } from './transport/late-answers.ts'

const options = z.strictObject({
  port: port().default(3478).describe('Port to ask. Default 3478.'),
  expect: z
    .union([address(), z.array(address()).min(1)], {
      error: 'allowed: an IPv4 or IPv6 address, or a list of them',
    })
    .optional()
    .describe('Address, or addresses, that the server has to see us as: the public ones of this WAN link.'),
})

export type StunSettings = z.output<typeof options>

export const stun = defineProbe<StunSettings>({
  kind: 'stun',
  summary:
    'Sends a STUN Binding request (RFC 8489): proves that UDP gets through both ways, and as which public address; nothing about ' +
    'SIP. Costs the server one stateless answer.',
  options,
  create: (settings, deps) => new StunProber(settings, deps),
})

class StunProber implements Prober {
  readonly roundTrips = 1
  readonly tellsSpurious = true
  readonly #port: number
  readonly #expected: readonly string[] | undefined
  readonly #deps: ProbeDeps
  readonly #late: LateAnswers

  constructor({ port, expect }: StunSettings, deps: ProbeDeps) {
    this.#port = port
    this.#expected = typeof expect === 'string' ? [expect] : expect
    this.#deps = deps
    this.#late = new LateAnswers(deps.timers)
  }

  async start(): Promise<void> {}

  close(): Promise<void> {
    return this.#late.close()
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    const { clock, timers } = this.#deps
    const endpoint = { address, port: this.#port, source: target.source }
    const result = await askStun(endpoint, context, { clock, timers, randomBytes, late: this.#late })
    if (result.kind === 'failure') {
      const { reason, detail, attempts } = result
      return outcome(reason, { detail, attempts })
    }
    return this.#judge(result, result.response)
  }

  /**
   * | response             | `expect`         | outcome    | because |
   * |----------------------|------------------|------------|---------|
   * | success              | absent, or met   | ok         | |
   * | success              | not met          | unexpected | our traffic leaves by another link, or NAT |
   * | error 500 and up     | any              | bad-status | the server says that it failed |
   * | any other error      | absent           | ok-noted   | the server works, and dislikes a bare Binding (RFC 8489 section 9.2.4) |
   * | any other error      | given            | unexpected | it did not tell how it sees us |
   */
  #judge(result: StunResult & { kind: 'response' }, response: BindingResponse): Outcome {
    const rest = {
      attempts: result.attempts,
      detail: describe(result),
      ...(result.rttMs === undefined ? {} : { rttMs: result.rttMs }),
    }
    if (response.kind === 'success') {
      const met = this.#expected === undefined || this.#expected.includes(response.mapped.address)
      return outcome(met ? 'ok' : 'unexpected', rest)
    }
    if (response.code >= 500) return outcome('bad-status', { ...rest, status: response.code })
    return outcome(this.#expected === undefined ? 'ok-noted' : 'unexpected', {
      ...rest,
      status: response.code,
    })
  }
}
