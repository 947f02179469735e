import type { RandomBytes } from '../../wire/sip/ids.ts'
import { printable } from '../../wire/sip/printable.ts'
import {
  type BindingResponse,
  bindingRequest,
  carriesTransaction,
  type ParsedBinding,
  parseBindingResponse,
  TRANSACTION_ID_BYTES,
} from '../../wire/stun/message.ts'
import type { AskContext } from '../definition.ts'
import { askDatagram, type DatagramDeps, type DatagramEndpoint } from '../transport/datagram-question.ts'
import type { SocketFault } from '../transport/errno-reasons.ts'

export interface StunDeps extends DatagramDeps {
  /** Must not be guessed: the transaction ID is all that tells an answer from a forgery. */
  readonly randomBytes: RandomBytes
}

export type StunResult = { readonly attempts: number } & (
  | { readonly kind: 'response'; readonly response: BindingResponse; readonly rttMs?: number }
  | ({ readonly kind: 'failure' } & SocketFault)
)

/** RFC 8489 section 6.2.1: the first repetition after 500 ms, then doubling. */
const RTO_MS = 500

/**
 * Asks a STUN server how it sees us (Binding, RFC 8489), from `endpoint.source` where given: through that WAN link. Repeated within
 * `context.timeoutMs`; never rejects.
 */
export async function askStun(
  endpoint: DatagramEndpoint,
  context: AskContext,
  deps: StunDeps,
): Promise<StunResult> {
  const id = deps.randomBytes(TRANSACTION_ID_BYTES)
  const bytes = bindingRequest(id)
  const { address, port, source } = endpoint
  const from = source === undefined ? '' : ` from ${source}`
  context.trace?.({ direction: 'note', text: `STUN Binding request to ${address} port ${port}${from}` })
  const end = await askDatagram<ParsedBinding>(
    endpoint,
    {
      bytes,
      repeatAtMs: repeatTimes(context.timeoutMs, context.retransmitMs),
      // Without our ID it answers nothing of ours, whatever it is.
      accept: (given) => (carriesTransaction(given, id) ? parseBindingResponse(given) : undefined),
    },
    context,
    deps,
  )
  const result = resultOf(end)
  context.trace?.({ direction: result.kind === 'response' ? 'received' : 'note', text: describe(result) })
  return result
}

/**
 * Milliseconds after the start; a budget too short for two tries at that pace gets its second one at half. `firstMs`: as the path has
 * shown (RFC 8489 section 6.2.1 wants the estimate where there is one).
 */
export function repeatTimes(timeoutMs: number, firstMs = RTO_MS): number[] {
  const times: number[] = []
  let rtoMs = Math.min(firstMs, timeoutMs / 2)
  for (let atMs = rtoMs; atMs < timeoutMs && times.length < 6; atMs += rtoMs) {
    times.push(atMs)
    rtoMs *= 2
  }
  return times
}

function resultOf(end: Awaited<ReturnType<typeof askDatagram<ParsedBinding>>>): StunResult {
  const { attempts } = end
  switch (end.kind) {
    case 'answer': {
      const { answer, rttMs } = end
      if (!answer.ok) {
        const detail = `the answer is malformed (${answer.fault})`
        return { kind: 'failure', reason: 'bad-reply', detail, attempts }
      }
      const rest = rttMs === undefined ? {} : { rttMs }
      return { kind: 'response', response: answer.response, attempts, ...rest }
    }
    case 'fault':
      return { kind: 'failure', ...end.fault, attempts }
    case 'timeout': {
      const strays = end.strays === 0 ? '' : `; ignored ${end.strays} that were not answers to it`
      return {
        kind: 'failure',
        reason: 'timeout',
        detail: `no answer${strays}`,
        attempts: Math.max(1, attempts),
      }
    }
    case 'aborted':
      return { kind: 'failure', reason: 'aborted', detail: 'the question was withdrawn', attempts }
  }
}

/** In plain words, safe to show. */
export function describe(result: StunResult): string {
  if (result.kind === 'failure') return `${result.reason}: ${result.detail}`
  const { response } = result
  const by = response.software === undefined ? '' : ` (${printable(response.software, 60)})`
  return response.kind === 'success'
    ? `it sees us as ${response.mapped.address} port ${response.mapped.port}${by}`
    : `error ${response.code} ${printable(response.phrase, 60)}${by}`
}
