import type { Random } from '../../src/core/ports.ts'
import { answer } from '../../src/publishers/responder/answer.ts'
import { readClientAddress } from '../../src/publishers/responder/client-address.ts'
import { answerContext } from '../../src/publishers/responder/context.ts'
import type { ImageView } from '../../src/publishers/responder/image/view.ts'
import { type AnswerPolicy, PLAIN_POLICY } from '../../src/publishers/responder/policy.ts'
import type { TYPE } from '../../src/wire/dns/constants.ts'
import { compileSnapshot } from './compile-snapshot.ts'
import { type QueryOptions, queryOf } from './dns-query.ts'
import { type Reply, readReply } from './dns-reply.ts'
import { OTHER, snapshotOf, VOICE } from './dns-zone.ts'
import { seededRandom } from './virtual-time.ts'

export const SAMPLE: ImageView = compileSnapshot(snapshotOf(VOICE, OTHER))

/** The circumstances of a query; what is left out is as plain as can be. */
export interface Circumstances {
  /** Default: the sample zones. */
  readonly view?: ImageView | undefined
  readonly random?: Random
  readonly transport?: 'udp' | 'tcp'
  readonly policy?: AnswerPolicy
  readonly client?: string
  readonly nowMs?: number
  readonly idleTimeoutMs?: number
}

const out = new Uint8Array(65_535)

/** The octets that `answer` gives; undefined: none. */
export function answerTo(query: Uint8Array, options: Circumstances = {}): Buffer | undefined {
  const context = answerContext(options.random ?? seededRandom(1), options.policy ?? PLAIN_POLICY)
  context.view = 'view' in options ? options.view : SAMPLE
  context.transport = options.transport ?? 'udp'
  context.nowMs = options.nowMs ?? 0
  context.idleTimeoutMs = options.idleTimeoutMs ?? 0
  readClientAddress(options.client ?? '192.0.2.200', context.client)
  const length = answer(query, query.length, context, out)
  return length === 0 ? undefined : Buffer.from(out.subarray(0, length))
}

/** Asks the sample zones, or `view`, and reads the reply. */
export function ask(
  name: string | Uint8Array,
  type: keyof typeof TYPE | number,
  options: QueryOptions & Circumstances = {},
): Reply {
  const bytes = answerTo(queryOf(name, type, options), { ...options, view: options.view ?? SAMPLE })
  if (bytes === undefined) throw new Error('no answer')
  return readReply(bytes)
}
