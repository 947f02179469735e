import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { duration } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { printable } from '../wire/sip/printable.ts'
import {
  type AudioAnswer,
  audioOffer,
  type G711Codec,
  parseAudioAnswer,
  type SdpFault,
} from '../wire/sip/sdp.ts'
import type { Call } from './call/call.ts'
import { checkInviteLength } from './call/call-length.ts'
import { ACCOUNT_ERROR, accountIsWhole, callShape } from './call/call-options.ts'
import type { CallResult } from './call/call-plan.ts'
import { Caller } from './call/caller.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { EchoRun, PACKET_MS } from './media/echo-run.ts'
import { judgeMedia } from './media/echo-tally.ts'
import { RtpSocket } from './media/rtp-socket.ts'
import { checkTransportKeys } from './sip-endpoint.ts'

/** Kept back of the budget for the last echoes and the BYE. */
const RESERVE_MS = 800
/** Fewer packets than ten tell nothing. */
const MIN_MEDIA_MS = 10 * PACKET_MS

const options = z
  .strictObject({
    ...callShape,
    extension: callShape.extension.describe(
      'Extension that sends audio back: Echo() of Asterisk, 9196 of FreeSWITCH. User part of the Request-URI.',
    ),
    duration: duration({ minMs: MIN_MEDIA_MS, maxMs: 60_000 })
      .default(5000)
      .describe('How long audio is sent, 50 packets a second, within the timeout. Default 5s.'),
    codecs: z
      .array(z.enum(['pcmu', 'pcma']))
      .min(1)
      .default(['pcmu', 'pcma'])
      .describe('G.711 codecs to offer, best first: pcmu, pcma. Default both.'),
    maxLoss: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe('Percent of packets lost above which the target is degraded. Default 5.'),
    maxJitter: duration({ maxMs: 10_000 })
      .default(30)
      .describe('Jitter (RFC 3550) above which the target is degraded. Default 30ms.'),
    maxRtt: duration({ maxMs: 10_000 })
      .default(400)
      .describe('Round trip of the audio above which the target is degraded. Default 400ms.'),
  })
  .refine(accountIsWhole, ACCOUNT_ERROR)
  .superRefine(checkTransportKeys)
  .superRefine(checkInviteLength)

export type RtpEchoSettings = z.output<typeof options>

export const rtpEcho = defineProbe<RtpEchoSettings>({
  kind: 'rtp-echo',
  plane: 'media',
  summary:
    'Makes a test call to an echo extension and sends G.711 audio through it: proves that media flows both ways, and how well. ' +
    'Costs the server a call with audio for its length: a channel, a licence, 100 packets a second.',
  options,
  files: ['ca'],
  defaults: { intervalMs: 60_000, timeoutMs: 15_000 },
  create: (settings, deps) => new RtpEchoProber(settings, deps),
})

class RtpEchoProber implements Prober {
  readonly #settings: RtpEchoSettings
  readonly #deps: ProbeDeps
  readonly #caller: Caller

  constructor(settings: RtpEchoSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#caller = new Caller(settings, deps)
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
    let socket: RtpSocket | undefined
    const { call, result } = this.#caller.call(target, address, context, {
      ring: false,
      offer: async (local) => {
        const opened = await RtpSocket.open(local.address, target.source)
        if (!(opened instanceof RtpSocket)) return opened
        // A kept connection that was dead asks for an offer anew.
        void socket?.close()
        socket = opened
        const { address: ours } = local
        return audioOffer({
          address: ours,
          port: opened.port,
          codecs: this.#settings.codecs,
          direction: 'sendrecv',
          sessionId: Math.floor(this.#deps.clock.nowMs()),
        })
      },
    })
    try {
      const came = await result
      if (came.kind === 'answered' && socket !== undefined) {
        this.#caller.succeeded(target)
        const heard = await this.#hear(call, came, socket, endMs, context)
        call.hangUp()
        const leftMs = endMs - this.#deps.clock.nowMs()
        const ended = await this.#caller.cameWithin(call.quiet, leftMs, context)
        if ((ended && call.endedInOrder) || heard.reason !== 'ok') return heard
        const { result: _result, reason: _reason, ...facts } = heard
        return outcome('ok-noted', {
          ...facts,
          detail: printable(`${heard.detail}; its end was not confirmed in time`),
        })
      }
      if (came.kind === 'answered' || came.kind === 'ringing') throw new Error('answered without an offer')
      return this.#caller.outcomeOf(target, call, came)
    } finally {
      call.hangUp()
      await socket?.close()
    }
  }

  close(): Promise<void> {
    return this.#caller.close()
  }

  async #hear(
    call: Call,
    came: Extract<CallResult, { kind: 'answered' }>,
    socket: RtpSocket,
    endMs: number,
    context: AskContext,
  ): Promise<Outcome> {
    const facts = this.#caller.factsOf(call, came.response)
    const audio = parseAudioAnswer(came.response.body, this.#settings.codecs as G711Codec[])
    if (typeof audio === 'string') {
      const { reason, detail } = SDP_FAULTS[audio]
      return outcome(reason, { ...facts, detail })
    }
    const leftMs = endMs - this.#deps.clock.nowMs() - RESERVE_MS
    const durationMs = Math.min(this.#settings.duration, leftMs)
    if (durationMs < MIN_MEDIA_MS) return this.#noTime(facts, context)
    const tally = await this.#run(came, audio, socket, durationMs, context)
    if (context.signal?.aborted === true) {
      return outcome('aborted', { attempts: facts.attempts, detail: 'the question was withdrawn' })
    }
    const hungUp = came.leg.isOver && tally.sent * PACKET_MS < durationMs - PACKET_MS
    const { reason, detail, impaired } = judgeMedia(tally, {
      maxLoss: this.#settings.maxLoss,
      maxJitterMs: this.#settings.maxJitter,
      maxRttMs: this.#settings.maxRtt,
    })
    const early = hungUp ? `the far end hung up after ${tally.sent * PACKET_MS} ms` : undefined
    const worse = [impaired, reason === 'ok' ? early : undefined]
      .filter((one) => one !== undefined)
      .join('; ')
    return outcome(reason, {
      ...facts,
      detail: printable(early === undefined ? detail : `${early}; ${detail}`),
      ...(tally.roundTripMs === undefined ? {} : { rttMs: tally.roundTripMs }),
      ...(worse === '' ? {} : { impaired: worse }),
    })
  }

  /** Ends by itself, with the call, or when the question is withdrawn. */
  async #run(
    came: Extract<CallResult, { kind: 'answered' }>,
    audio: AudioAnswer,
    socket: RtpSocket,
    durationMs: number,
    { signal, trace }: AskContext,
  ) {
    const { address, port, codec } = audio
    trace?.({ direction: 'note', text: `audio (${codec}) to ${address} port ${port} for ${durationMs} ms` })
    const run = new EchoRun(this.#deps, socket, audio, durationMs)
    const stop = () => run.stop()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted === true) stop()
    void came.leg.ended.then(stop)
    try {
      return await run.run()
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** A budget that no call could keep is the configuration's fault, an answer that used it up the server's. */
  #noTime(facts: { attempts: number; status: number }, { timeoutMs }: AskContext): Outcome {
    return timeoutMs < 2 * (RESERVE_MS + MIN_MEDIA_MS)
      ? outcome('no-verdict', { ...facts, detail: `a timeout of ${timeoutMs} ms leaves no time for media` })
      : outcome('timeout', { ...facts, detail: 'answered so late that no time was left for media' })
  }
}

const SDP_FAULTS: Readonly<Record<SdpFault, { reason: 'bad-reply' | 'media-dead'; detail: string }>> = {
  'no-sdp': { reason: 'bad-reply', detail: 'the answer carries no SDP' },
  'no-audio': { reason: 'media-dead', detail: 'the answer refuses audio' },
  'no-codec': { reason: 'media-dead', detail: 'the answer takes no codec that was offered' },
  'no-address': { reason: 'media-dead', detail: 'the answer names no address of one host for audio' },
}
