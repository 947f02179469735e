/**
 * An extension that takes test calls, for the lab: rings, answers, sends audio back, and knows which calls still stand.
 * Needs no test runner.
 *
 *   const extension = await createExtension({ media: { kind: 'echo' } })
 *   server.behave(extension)
 *   … call it …
 *   extension.standing                       // calls that nobody ended: [] at the end of every good test
 */
import { type Behaviour, type LabReply, type LabRequest, response } from './sip-behaviours.ts'
import { DigestGate, type DigestOptions } from './sip-digest.ts'
import { EchoMedia, type MediaOptions } from './sip-media.ts'

export interface ExtensionOptions {
  /** Sent at once, in order. Default: 100, 180. */
  readonly provisional?: readonly number[]
  /** Milliseconds from the INVITE to the answer. Default 0; `never` rings for ever. */
  readonly answerAfterMs?: number | 'never'
  /** Answers with this instead of 200. */
  readonly reject?: number
  readonly rejectHeaders?: readonly (readonly [string, string])[]
  readonly digest?: DigestOptions
  readonly media?: MediaOptions
  /** 2xx carries no SDP, or this one. */
  readonly sdp?: string | 'none'
  /** To tags that answer, each with a 200 of its own. Default one. */
  readonly forks?: readonly string[]
  /** Header values of the 200. Default: a Contact with the server's address. */
  readonly contact?: string
  readonly recordRoute?: readonly string[]
  /** A CANCEL is answered, and the call is answered all the same: they crossed. */
  readonly answersInSpiteOfCancel?: boolean
  /** Says BYE itself so long after the ACK. */
  readonly hangsUpAfterMs?: number
  /** The first so many ACKs of a 2xx get lost, so that it is sent again. */
  readonly losesAcks?: number
  /** BYE is not answered. */
  readonly ignoresBye?: boolean
  /** With `digest`: BYE needs credentials as well; `always`: none are good enough for it. */
  readonly challengesBye?: boolean | 'always'
}

interface LabCall {
  readonly id: string
  state: 'proceeding' | 'answered' | 'confirmed' | 'over'
}

export class Extension implements Behaviour {
  readonly gate: DigestGate | undefined
  readonly media: EchoMedia
  /** What was received that belongs to calls, `METHOD CSeq`, in order. */
  readonly log: string[] = []
  readonly requests: LabRequest[] = []
  readonly #options: ExtensionOptions
  readonly #calls = new Map<string, LabCall>()
  #acksLost = 0
  /** Of INVITEs, by branch: whence it came, and the last response. */
  readonly #transactions = new Map<string, { readonly port: number; last: string }>()

  constructor(options: ExtensionOptions, media: EchoMedia) {
    this.#options = options
    this.media = media
    this.gate = options.digest === undefined ? undefined : new DigestGate(options.digest)
  }

  /** Calls that have neither ended nor been refused. */
  get standing(): string[] {
    return [...this.#calls.values()].filter((call) => call.state !== 'over').map((call) => call.id)
  }

  /** Calls that were answered, ever. */
  answered = 0

  onRequest(request: LabRequest, reply: LabReply): void {
    this.log.push(`${request.method} ${request.header('cseq')?.split(' ')[0]}`)
    this.requests.push(request)
    if (request.method === 'INVITE') this.#onInvite(request, reply)
    else if (request.method === 'ACK') this.#onAck(request, reply)
    else if (request.method === 'CANCEL') this.#onCancel(request, reply)
    else if (request.method === 'BYE') this.#onBye(request, reply)
    else reply.send(response(request, 200))
  }

  async close(): Promise<void> {
    await this.media.close()
  }

  #onInvite(request: LabRequest, given: LabReply): void {
    const branch = branchOf(request)
    const known = this.#transactions.get(branch)
    if (known !== undefined) {
      // A retransmission: the answer to the first is under way. Over another connection it gets the last one again
      // (RFC 3261 section 17.2.1).
      if (known.port !== request.source.port && known.last !== '') given.send(known.last)
      return
    }
    const transaction = { port: request.source.port, last: '' }
    this.#transactions.set(branch, transaction)
    const reply: LabReply = {
      ...given,
      send: (text) => {
        transaction.last = String(text)
        given.send(text)
      },
    }
    const challenge = this.gate?.challenge(request)
    if (challenge !== undefined) {
      reply.send(challenge)
      return
    }
    for (const code of this.#options.provisional ?? [100, 180])
      reply.send(tagged(response(request, code), code))
    const { reject, rejectHeaders, answerAfterMs = 0 } = this.#options
    const call: LabCall = { id: `${request.header('call-id')}`, state: 'proceeding' }
    this.#calls.set(call.id, call)
    if (answerAfterMs === 'never') {
      this.#pending.set(branch, () => reply.send(response(request, 487)))
      return
    }
    const answer = () => {
      if (call.state === 'over') return
      if (reject === undefined) return this.#answer(request, reply, call)
      call.state = 'over'
      reply.send(response(request, reject, rejectHeaders === undefined ? {} : { headers: rejectHeaders }))
    }
    this.#pending.set(branch, () => {
      call.state = 'over'
      reply.send(response(request, 487))
    })
    if (answerAfterMs === 0) answer()
    else reply.later(answerAfterMs, answer)
  }

  /** By branch: how to end it on CANCEL. */
  readonly #pending = new Map<string, () => void>()

  #answer(request: LabRequest, reply: LabReply, call: LabCall): void {
    const { forks = ['lab'], recordRoute = [], contact, sdp } = this.#options
    call.state = 'answered'
    this.answered++
    this.#calls.delete(call.id)
    this.#pending.delete(branchOf(request))
    const body =
      sdp === 'none'
        ? ''
        : (sdp ?? this.media.answer(request.text.slice(request.text.indexOf('\r\n\r\n') + 4)))
    for (const tag of forks) {
      const leg: LabCall = { id: `${call.id} ${tag}`, state: 'answered' }
      this.#calls.set(leg.id, leg)
      const text = response(request, 200, {
        headers: [
          // RFC 3261 section 12.1.1: the routes that proxies recorded.
          ...[...request.text.matchAll(/^Record-Route: (.*?)\r$/gim)].map(
            (line) => ['Record-Route', line[1] ?? ''] as const,
          ),
          ...recordRoute.map((route) => ['Record-Route', route] as const),
          ...(contact === '' ? [] : [['Contact', contact ?? this.#contactOf(request)] as const]),
          ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
        ],
        body,
      }).replace(';tag=lab\r\n', `;tag=${tag}\r\n`)
      // RFC 3261 section 13.3.1.4: sent again until the ACK comes.
      const send = (delayMs: number) => {
        if (leg.state !== 'answered') return
        reply.send(text)
        reply.later(delayMs, () => send(Math.min(4000, delayMs * 2)))
      }
      send(500)
    }
  }

  #contactOf(request: LabRequest): string {
    const uri = /<?(sip:[^>\s]+)>?/.exec(request.uri)?.[1] ?? request.uri
    return `<${uri}>`
  }

  #onAck(request: LabRequest, reply: LabReply): void {
    const call = this.#calls.get(legOf(request))
    if (call === undefined || call.state !== 'answered') return
    if (this.#acksLost < (this.#options.losesAcks ?? 0)) {
      this.#acksLost++
      return
    }
    call.state = 'confirmed'
    const { hangsUpAfterMs } = this.#options
    if (hangsUpAfterMs === undefined) return
    reply.later(hangsUpAfterMs, () => {
      if (call.state !== 'confirmed') return
      call.state = 'over'
      reply.send(byeOf(request))
    })
  }

  #onCancel(request: LabRequest, reply: LabReply): void {
    const branch = branchOf(request)
    // RFC 3261 section 9.2: no transaction, nothing to cancel.
    const known = this.#transactions.has(branch)
    reply.send(response(request, known ? 200 : 481))
    if (!known) return
    const end = this.#pending.get(branch)
    this.#pending.delete(branch)
    if (this.#options.answersInSpiteOfCancel === true) {
      const invite = this.requests.find((one) => one.method === 'INVITE' && branchOf(one) === branch)
      const call = this.#calls.get(`${request.header('call-id')}`)
      if (invite !== undefined && call !== undefined) this.#answer(invite, reply, call)
      return
    }
    const call = this.#calls.get(`${request.header('call-id')}`)
    if (call !== undefined) call.state = 'over'
    end?.()
  }

  #onBye(request: LabRequest, reply: LabReply): void {
    const { ignoresBye, challengesBye = false } = this.#options
    if (ignoresBye === true) return
    const challenge =
      challengesBye === false
        ? undefined
        : challengesBye === 'always'
          ? response(request, 401, {
              headers: [['WWW-Authenticate', 'Digest realm="lab.example", nonce="never"']],
            })
          : this.gate?.challenge(request)
    if (challenge !== undefined) {
      reply.send(challenge)
      return
    }
    const call = this.#calls.get(legOf(request))
    const known = call !== undefined && call.state !== 'over'
    if (call !== undefined) call.state = 'over'
    reply.send(response(request, known ? 200 : 481))
  }
}

export async function createExtension(options: ExtensionOptions = {}): Promise<Extension> {
  return new Extension(options, await EchoMedia.open(options.media ?? { kind: 'echo' }))
}

function branchOf(request: LabRequest): string {
  return /branch=([^;\s]+)/.exec(request.header('via') ?? '')?.[1] ?? ''
}

function legOf(request: LabRequest): string {
  const tag = /;tag=([^;\s]+)/.exec(request.header('to') ?? '')?.[1]
  return `${request.header('call-id')} ${tag}`
}

/** 100 has no tag (RFC 3261 section 8.2.6.2). */
function tagged(text: string, code: number): string {
  return code === 100 ? text.replace(/(\r\nTo: [^\r]*?);tag=lab\r\n/, '$1\r\n') : text
}

/** The far end's own BYE, made from the ACK it got. */
function byeOf(ack: LabRequest): string {
  const lines = [
    `BYE sip:monitor@${ack.source.address}:${ack.source.port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-lab-bye`,
    'Max-Forwards: 70',
    `From: ${ack.header('to')}`,
    `To: ${ack.header('from')}`,
    `Call-ID: ${ack.header('call-id')}`,
    'CSeq: 77 BYE',
    'Content-Length: 0',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
