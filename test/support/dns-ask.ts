import type { Random } from '../../src/core/ports.ts'
import { answer } from '../../src/publishers/responder/answer.ts'
import { type CompiledSnapshot, compileSnapshot } from '../../src/publishers/responder/compile.ts'
import type { TYPE } from '../../src/wire/dns/constants.ts'
import { type QueryOptions, queryOf } from './dns-query.ts'
import { type Reply, readReply } from './dns-reply.ts'
import { OTHER, snapshotOf, VOICE } from './dns-zone.ts'
import { seededRandom } from './virtual-time.ts'

export const SAMPLE: CompiledSnapshot = compileSnapshot(snapshotOf(VOICE, OTHER))

const out = new Uint8Array(65_535)

/** The octets that `answer` gives; undefined: none. */
export function answerTo(
  query: Uint8Array,
  options: { view?: CompiledSnapshot | undefined; random?: Random; transport?: 'udp' | 'tcp' } = {
    view: SAMPLE,
  },
): Buffer | undefined {
  const view = 'view' in options ? options.view : SAMPLE
  const length = answer(
    query,
    query.length,
    view,
    options.random ?? seededRandom(1),
    options.transport ?? 'udp',
    out,
  )
  return length === 0 ? undefined : Buffer.from(out.subarray(0, length))
}

/** Asks the sample zones, or `view`, and reads the reply. */
export function ask(
  name: string | Uint8Array,
  type: keyof typeof TYPE | number,
  options: QueryOptions & { view?: CompiledSnapshot; random?: Random; transport?: 'udp' | 'tcp' } = {},
): Reply {
  const bytes = answerTo(queryOf(name, type, options), { view: SAMPLE, ...options })
  if (bytes === undefined) throw new Error('no answer')
  return readReply(bytes)
}
