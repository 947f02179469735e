import { SocketAddress } from 'node:net'
import ipaddr from 'ipaddr.js'
import { errnoOf, messageOf } from '../../core/errors.ts'
import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Clock, Timers } from '../../core/ports.ts'
import { answers, echoRequest, quotes, sequenceOf } from '../../wire/icmp/echo.ts'
import { deliveryError } from '../../wire/icmp/errors.ts'
import type { RandomBytes } from '../../wire/sip/ids.ts'
import { printable } from '../../wire/sip/printable.ts'
import type { AskContext } from '../definition.ts'
import { withinBudget } from '../transport/budget.ts'
import { familyOf, socketFault } from '../transport/errno-reasons.ts'
import { type EchoSocket, openEchoSocket } from './echo-socket.ts'
import type { QueuedError } from './error-queue.ts'

export interface EchoDeps {
  readonly clock: Clock
  readonly timers: Timers
  /** Must not be guessed: sequence number and data are what tells a reply from a forgery. */
  readonly randomBytes: RandomBytes
  /** Absent: the system's. */
  readonly open?: typeof openEchoSocket
}

/** As ping sends: devices on the way have seen no other length as often. */
const DATA_OCTETS = 56

/**
 * One echo request over a socket of its own; see the table of `judgePing`, which this one equals. Throws `EchoRefused` where the system gives none, and never
 * anything else.
 *
 * | what comes first                                                    | outcome                   |
 * |---------------------------------------------------------------------|---------------------------|
 * | our sequence number and data, from the address asked                | ok                        |
 * | the same from another address                                       | bad-reply                 |
 * | an ICMP error that quotes our request, but a redirect or a quench   | unreachable               |
 * | anything else that is received, or said of another packet           | ignored                   |
 * | an error of our own socket before the request left                  | no-route, no-resources …  |
 * | nothing by the deadline                                             | timeout                   |
 */
export async function askEcho(
  address: string,
  source: string | undefined,
  context: AskContext,
  deps: EchoDeps,
): Promise<Outcome> {
  const question = new EchoQuestion(address, source, context, deps)
  try {
    const end = await withinBudget<Outcome>(context, deps.timers, (settle) => question.begin(settle))
    if (!('kind' in end)) return end
    return end.kind === 'timeout'
      ? question.unanswered()
      : outcome('aborted', { attempts: question.attempts })
  } finally {
    await question.close()
  }
}

class EchoQuestion {
  attempts = 0
  readonly #address: string
  readonly #source: string | undefined
  readonly #context: AskContext
  readonly #deps: EchoDeps
  readonly #family: 4 | 6
  readonly #request: Uint8Array
  #socket: EchoSocket | undefined
  #strays = 0

  constructor(address: string, source: string | undefined, context: AskContext, deps: EchoDeps) {
    this.#address = address
    this.#source = source
    this.#context = context
    this.#deps = deps
    this.#family = familyOf(address)
    const random = deps.randomBytes(DATA_OCTETS + 2)
    const sequence = ((random[0] ?? 0) << 8) | (random[1] ?? 0)
    this.#request = echoRequest(this.#family, sequence, random.subarray(2))
  }

  begin(settle: (end: Outcome) => void): void {
    const { clock, open = openEchoSocket } = this.#deps
    let sentMs = 0
    try {
      this.#socket = open(this.#family, this.#address, this.#source, {
        message: (bytes, from) => {
          const end = this.#heard(bytes, from, clock.nowMs() - sentMs)
          if (end !== undefined) settle(end)
        },
        failed: (error, queued) => {
          const end = this.#failed(error, queued)
          if (end !== undefined) settle(end)
        },
      })
      sentMs = clock.nowMs()
      this.#socket.send(this.#request)
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      const { reason, detail } = socketFault(error, 'local')
      settle(outcome(reason, { attempts: 0, detail }))
      return
    }
    this.attempts = 1
    const from = this.#source === undefined ? '' : ` from ${this.#source}`
    this.#trace('sent', `ICMP echo request to ${this.#address}${from}, ${this.#what()}`)
  }

  unanswered(): Outcome {
    const strays = this.#strays === 0 ? '' : `; ignored ${this.#strays} that were not answers to it`
    return outcome('timeout', { attempts: 1, detail: `no echo reply${strays}` })
  }

  close(): Promise<void> {
    return this.#socket?.close() ?? Promise.resolve()
  }

  #heard(bytes: Uint8Array, from: string, rttMs: number): Outcome | undefined {
    if (!answers(bytes, this.#request)) {
      this.#strays++
      this.#trace('note', `ignored: ${bytes.length} octets from ${from} that are no answer to it`)
      return undefined
    }
    this.#trace('received', `ICMP echo reply from ${from}, ${this.#what()}, after ${rttMs.toFixed(3)} ms`)
    if (!sameAddress(from, this.#address)) {
      return outcome('bad-reply', { attempts: 1, detail: 'another address answered' })
    }
    return outcome('ok', { attempts: 1, detail: 'echo reply', rttMs })
  }

  #failed(error: Error, queued: readonly QueuedError[]): Outcome | undefined {
    for (const { icmp, quoted } of queued) {
      if (icmp === undefined) continue
      const said = deliveryError(icmp.family, icmp.type, icmp.code)
      const from = icmp.from.length === 0 ? 'a router' : ipaddr.fromByteArray([...icmp.from]).toString()
      const what = said ?? `ICMP type ${icmp.type}, code ${icmp.code}`
      if (said === undefined || !quotes(quoted, this.#request)) {
        this.#strays++
        this.#trace('note', `ignored: ${from} says: ${what}, and not of this request`)
        continue
      }
      this.#trace('received', `${from} says: ${said}`)
      return outcome('unreachable', { attempts: 1, detail: printable(`${from} says: ${said}`) })
    }
    return queued.some(({ icmp }) => icmp !== undefined) ? undefined : this.#broken(error)
  }

  /** The queue told nothing: the system cannot be asked for it, or the error is of the socket itself. */
  #broken(error: Error): Outcome | undefined {
    const code = errnoOf(error)
    // EREMOTEIO: a redirect or a source quench, which lose nothing.
    if (code === 'EREMOTEIO') return undefined
    const { reason, detail } = socketFault(error, 'remote')
    // No reply and no refusal by the host: REJECT of its firewall says so, too.
    const silent = reason === 'refused' || reason === 'unreachable'
    return silent
      ? outcome('unreachable', { attempts: 1, detail: `a packet says that it cannot be reached (${code})` })
      : outcome(reason, { attempts: 1, detail: printable(`${detail} (${messageOf(error)})`) })
  }

  #what(): string {
    return `sequence ${sequenceOf(this.#request)}, ${DATA_OCTETS} octets of data`
  }

  #trace(direction: 'sent' | 'received' | 'note', text: string): void {
    this.#context.trace?.({ direction, text: printable(text) })
  }
}

/** `from` is spelt as the system spells addresses, and a link-local one names its interface as well. */
function sameAddress(from: string, asked: string): boolean {
  const [bare] = from.split('%')
  if (bare === asked) return true
  const family = familyOf(asked) === 4 ? 'ipv4' : 'ipv6'
  return bare === new SocketAddress({ address: asked, family }).address
}
