import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { duration } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { audioOffer } from '../wire/sip/sdp.ts'
import { checkInviteLength } from './call/call-length.ts'
import { ACCOUNT_ERROR, accountIsWhole, callShape } from './call/call-options.ts'
import { Caller } from './call/caller.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { statusMatcher, statusPattern } from './expected-statuses.ts'
import { said } from './said.ts'
import { checkTransportKeys } from './sip-endpoint.ts'

/** Nobody is to send there: the discard port, as RFC 3264 section 8.4 suggests for a stream on hold. */
const DISCARD_PORT = 9

const options = z
  .strictObject({
    ...callShape,
    expect: z
      .array(statusPattern)
      .min(1)
      .optional()
      .describe('Final statuses that pass, like 200, 486 or 6xx, instead of the built-in table.'),
    ring: z
      .boolean()
      .default(false)
      .describe('180 Ringing or 183 is enough: the call is cancelled before anybody answers. Default false.'),
    hold: duration({ maxMs: 60_000 })
      .default(0)
      .describe('How long an answered call stands before it is ended, within the timeout. Default 0s.'),
  })
  .refine(accountIsWhole, ACCOUNT_ERROR)
  .superRefine(checkTransportKeys)
  .superRefine(checkInviteLength)

export type SipInviteSettings = z.output<typeof options>

export const sipInvite = defineProbe<SipInviteSettings>({
  kind: 'sip-invite',
  summary:
    'Makes a test call (RFC 3261 section 13) to an extension and ends it: proves that the dialplan routes and the extension answers. ' +
    'Costs the server a call: a channel, a licence and a record of it for its length.',
  options,
  files: ['ca'],
  defaults: { intervalMs: 60_000, timeoutMs: 8_000 },
  create: (settings, deps) => new SipInviteProber(settings, deps),
})

class SipInviteProber implements Prober {
  readonly #settings: SipInviteSettings
  readonly #deps: ProbeDeps
  readonly #caller: Caller
  readonly #expected: ((status: number) => boolean) | undefined

  constructor(settings: SipInviteSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#caller = new Caller(settings, deps)
    this.#expected = settings.expect === undefined ? undefined : statusMatcher(settings.expect)
  }

  get requests(): number {
    return this.#caller.requests
  }

  start(): Promise<void> {
    return this.#caller.start()
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    const refusal = this.#caller.standingRefusal(target)
    if (refusal !== undefined) return refusal
    const endMs = this.#deps.clock.nowMs() + context.timeoutMs
    const { call, result } = this.#caller.call(target, address, context, {
      ring: this.#settings.ring,
      offer: async (local) =>
        audioOffer({
          address: local.address,
          port: DISCARD_PORT,
          codecs: ['pcmu', 'pcma'],
          direction: 'inactive',
          sessionId: Math.floor(this.#deps.clock.nowMs()),
        }),
    })
    const came = await result
    if (came.kind !== 'answered' && came.kind !== 'ringing') {
      return this.#caller.outcomeOf(target, call, came, this.#expected)
    }
    this.#caller.succeeded(target)
    const facts = this.#caller.factsOf(call, came.response)
    // 200 may be the status that the configuration does not want: an extension that is to be busy.
    const unexpected = came.kind === 'answered' && this.#expected?.(came.response.status) === false
    const words = said(came.response, unexpected ? 'not among the statuses expected' : undefined)
    if (came.kind === 'answered' && this.#settings.hold > 0) {
      await this.#caller.cameWithin(
        came.leg.ended,
        Math.min(this.#settings.hold, this.#leftMs(endMs) / 2),
        context,
      )
    }
    call.hangUp()
    // What is not confirmed by then goes on in the background.
    const ended = await this.#caller.cameWithin(call.quiet, this.#leftMs(endMs), context)
    if (unexpected) return outcome('unexpected', { ...facts, detail: words })
    if (ended && call.endedInOrder) return outcome('ok', { ...facts, detail: words })
    return outcome('ok-noted', { ...facts, detail: `${words}: its end was not confirmed in time` })
  }

  close(): Promise<void> {
    return this.#caller.close()
  }

  #leftMs(endMs: number): number {
    return Math.max(0, endMs - this.#deps.clock.nowMs())
  }
}
