import { expect, test } from 'vitest'
import { slownessOf } from '../../src/app/slow-answers.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const TWICE = outcome('ok', { attempts: 2 })
const ONCE = outcome('ok', { attempts: 1, rttMs: 5 })

/** Asks a prober that takes 300 ms for each question; `proves` is told of each, to say that its retransmission was needless. */
function slow(answers: readonly Outcome[], rest: Partial<Prober> = { tellsSpurious: true }) {
  const time = new VirtualTime()
  const contexts: AskContext[] = []
  const prober: Prober = {
    ...rest,
    start: async () => {},
    close: async () => {},
    async ask(_target, _address, context) {
      const answer = answers[contexts.length] ?? TWICE
      contexts.push(context)
      await time.advance(300)
      return answer
    },
  }
  const ask = slownessOf(prober, 200, time)
  const question = (address = '192.0.2.1', context: Partial<AskContext> = {}) =>
    ask(labTarget(5060), address, { timeoutMs: 500, ...context })
  return { time, contexts, question }
}

test('a pass that was sent twice is as slow as the one before was proved to be', async () => {
  const { contexts, question } = slow([])
  const told: number[] = []
  expect(
    (await question('192.0.2.1', { onSpurious: (sentMs) => told.push(sentMs) })).impaired,
  ).toBeUndefined()
  contexts[0]?.onSpurious?.(0)
  expect(told).toEqual([0])
  expect((await question()).impaired).toBe('took 300 ms, more than 200 ms')
  // The second was not proved to be slow: a transmission may have been lost.
  expect((await question()).impaired).toBeUndefined()
})

test.each<[string, readonly Outcome[], (contexts: readonly AskContext[]) => void, string]>([
  ['one that was quick', [], ([context]) => context?.onSpurious?.(150), '192.0.2.1'],
  ['one to another address', [], ([context]) => context?.onSpurious?.(0), '192.0.2.2'],
  ['its own round trip', [TWICE, ONCE], ([context]) => context?.onSpurious?.(0), '192.0.2.1'],
  [
    'a failure',
    [TWICE, outcome('timeout', { attempts: 2 })],
    ([context]) => context?.onSpurious?.(0),
    '192.0.2.1',
  ],
])('%s is held against nothing', async (_what, answers, proves, address) => {
  const { contexts, question } = slow(answers)
  await question()
  proves(contexts)
  expect((await question(address)).impaired).toBeUndefined()
})

test('a question of several requests proves nothing, and what it sends is told', async () => {
  const { contexts, question } = slow([])
  let sent = 0
  const asking = question('192.0.2.1', { onSend: () => sent++ })
  contexts[0]?.onSend?.()
  await asking
  contexts[0]?.onSpurious?.(0)
  expect(sent).toBe(1)
  expect((await question()).impaired).toBeUndefined()
})

test('a kind whose proof is not to be believed is not listened to', async () => {
  const { contexts, question } = slow([], {})
  await question()
  expect(contexts[0]?.onSpurious).toBeUndefined()
  expect((await question()).impaired).toBeUndefined()
})
