import type { Clock } from '../../src/core/ports.ts'
import { seededRandom } from './virtual-time.ts'

/** A request as the lab's server saw it. Parsed by the lab's own few lines, so that the code under test is no judge of itself. */
export interface LabRequest {
  /** As on the wire, one character an octet. */
  readonly text: string
  readonly method: string
  readonly uri: string
  readonly source: { readonly address: string; readonly port: number }
  /** First value of a header, by its full name in any case. */
  header(name: string): string | undefined
}

/** What a behaviour can do about a request. */
export interface LabReply {
  /** Sends bytes as they are: a datagram, or into the connection. */
  send(bytes: Uint8Array | string): void
  /** The same from another port of the same address; UDP only. */
  sendFromElsewhere(bytes: Uint8Array | string): void
  /** Calls back later, unless the server was closed. */
  later(delayMs: number, then: () => void): void
  /** Ends the connection in order (FIN); nothing over UDP. */
  end(): void
  /** Breaks the connection (RST); nothing over UDP. */
  reset(): void
}

export interface Behaviour {
  onRequest(request: LabRequest, reply: LabReply): void
  /** TCP and TLS: `hold` leaves the connection open without reading (and without a TLS handshake). Default `accept`. */
  readonly onConnection?: 'accept' | 'hold' | 'reset' | 'end'
}

export interface ResponseOptions {
  readonly phrase?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** A well-formed response to that request: Via with `received` and `rport`, From, To with a tag, Call-ID, CSeq. */
export function response(request: LabRequest, status: number, options: ResponseOptions = {}): string {
  const { address, port } = request.source
  // All of them, as they came through proxies; the topmost is whoever sent it here.
  const [top = '', ...below] = [...request.text.matchAll(/^Via: (.*?)\r$/gim)].map((line) => line[1] ?? '')
  const vias = [top.replace(';rport', `;rport=${port};received=${address}`), ...below]
  const to = request.header('to') ?? ''
  const lines = [
    `SIP/2.0 ${status} ${options.phrase ?? PHRASES[status] ?? 'Lab'}`,
    ...vias.map((via) => `Via: ${via}`),
    `From: ${request.header('from')}`,
    `To: ${to.includes(';tag=') || status === 100 ? to : `${to};tag=lab`}`,
    `Call-ID: ${request.header('call-id')}`,
    `CSeq: ${request.header('cseq')}`,
    ...(options.headers ?? []).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${options.body?.length ?? 0}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${options.body ?? ''}`
}

const PHRASES: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  483: 'Too Many Hops',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
}

/** Answers with that status. */
export function status(code: number, options: ResponseOptions = {}): Behaviour {
  return { onRequest: (request, reply) => reply.send(response(request, code, options)) }
}

/** Reads, and says nothing. */
export const silence: Behaviour = { onRequest: () => {} }

/** Accepts connections and never reads, nor shakes hands for TLS: a process that hangs. */
export const halfOpen: Behaviour = { onRequest: () => {}, onConnection: 'hold' }

/** Resets each connection as it comes. */
export const resetOnConnect: Behaviour = { onRequest: () => {}, onConnection: 'reset' }

/** Drops requests and answers, each with probability `p`; the same seed drops the same ones. */
export function loss(p: number, seed: number, inner: Behaviour = status(200)): Behaviour {
  const random = seededRandom(seed)
  return {
    onRequest(request, reply) {
      if (random.next() < p) return
      const send = (bytes: Uint8Array | string) => {
        if (random.next() >= p) reply.send(bytes)
      }
      inner.onRequest(request, { ...reply, send })
    },
  }
}

/** Behaves as `inner` after `delayMs`, plus up to `jitterMs` drawn with the seed. */
export function delay(delayMs: number, inner: Behaviour = status(200), jitterMs = 0, seed = 1): Behaviour {
  const random = seededRandom(seed)
  return {
    onRequest: (request, reply) =>
      reply.later(delayMs + random.next() * jitterMs, () => inner.onRequest(request, reply)),
  }
}

/** Runs out of something: each answer takes `growMs` longer than the one before. */
export function dying(growMs: number, inner: Behaviour = status(200)): Behaviour {
  let taken = 0
  return {
    onRequest: (request, reply) => {
      taken++
      reply.later(taken * growMs, () => inner.onRequest(request, reply))
    },
  }
}

/** Up for `upMs` of that clock, silent for `downMs`, and so on. */
export function flapping(
  clock: Clock,
  upMs: number,
  downMs: number,
  inner: Behaviour = status(200),
): Behaviour {
  const startMs = clock.nowMs()
  return {
    onRequest: (request, reply) => {
      if ((clock.nowMs() - startMs) % (upMs + downMs) < upMs) inner.onRequest(request, reply)
    },
  }
}

/** The first request gets the first, and so on; the last stays. */
export function inTurn(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0
  return {
    onRequest(request, reply) {
      behaviours[Math.min(next++, behaviours.length - 1)]?.onRequest(request, reply)
    },
  }
}

/** `100 Trying`, then nothing. */
export const provisionalOnly = status(100)

/** Bytes that are no SIP; seeded. */
export function garbage(bytes = 64, seed = 7): Behaviour {
  const random = seededRandom(seed)
  return {
    onRequest: (_request, reply) =>
      reply.send(Uint8Array.from({ length: bytes }, () => Math.floor(random.next() * 256))),
  }
}

/** The right answer, `copies` times. */
export function duplicate(copies = 3): Behaviour {
  return {
    onRequest(request, reply) {
      for (let i = 0; i < copies; i++) reply.send(response(request, 200))
    },
  }
}

/** A 200 changed by `alter` before it leaves: for forged and broken answers. */
export function altered(alter: (text: string) => string): Behaviour {
  return { onRequest: (request, reply) => reply.send(alter(response(request, 200))) }
}

export const wrongBranch = altered((text) => text.replace(/branch=z9hG4bK[^;\r]*/, 'branch=z9hG4bK-forged'))
export const wrongCallId = altered((text) => text.replace(/^Call-ID: .*$/m, 'Call-ID: forged'))
export const wrongMethod = altered((text) => text.replace(/^CSeq: .*$/m, 'CSeq: 1 INVITE'))

/** The right answer from the wrong port. */
export const foreignSource: Behaviour = {
  onRequest: (request, reply) => reply.sendFromElsewhere(response(request, 200)),
}

/** One answer in pieces of `bytes`, each in a segment of its own as far as the system lets it. */
export function split(bytes = 7, code = 200): Behaviour {
  return {
    onRequest(request, reply) {
      const text = response(request, code)
      const step = (at: number) => {
        if (at >= text.length) return
        reply.send(text.slice(at, at + bytes))
        setImmediate(() => step(at + bytes))
      }
      step(0)
    },
  }
}

/** Keep-alives, a `100`, a stranger's answer and the right one, all in one write. */
export const merged: Behaviour = {
  onRequest(request, reply) {
    const stranger = response(request, 200).replace(/branch=[^;\r]*/, 'branch=z9hG4bK-else')
    reply.send(`\r\n\r\n${response(request, 100)}${stranger}${response(request, 200)}\r\n`)
  },
}

/** Half an answer, then the end of the connection. */
export const closeMidway: Behaviour = {
  onRequest(request, reply) {
    reply.send(response(request, 200).slice(0, 80))
    reply.end()
  },
}

/** Reads the request, then breaks the connection. */
export const resetMidway: Behaviour = { onRequest: (_request, reply) => reply.reset() }
