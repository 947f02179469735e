import { expect, test } from 'vitest'
import { outcome } from '../../../src/core/outcome.ts'
import { askEach } from '../../../src/probes/composite/ask-each.ts'
import { tally } from '../../../src/probes/composite/tally.ts'
import type { AskContext, Prober } from '../../../src/probes/definition.ts'
import { labTarget } from '../../support/sip-targets.ts'

/** Members that are answered by hand, each after so many transmissions. `mute`: those whose word is not to be believed. */
function asking(count: number, need: number | 'all', mute: readonly number[] = [], told = true) {
  const spurious: number[] = []
  const asked: { context: AskContext; answer: (attempts: number) => void }[] = []
  const members = Array.from({ length: count }, (_, place) => {
    const prober: Prober = {
      ...(mute.includes(place) ? {} : { tellsSpurious: true }),
      start: async () => {},
      close: async () => {},
      ask: (_target, _address, context) =>
        new Promise((resolve) => {
          const answer = (attempts: number) => resolve(outcome('ok', { attempts }))
          asked.push({ context, answer })
        }),
    }
    return { name: `m${place}`, prober, address: '192.0.2.1' }
  })
  const onSpurious = (sentMs: number) => spurious.push(sentMs)
  const said = askEach(members, need, labTarget(1), { timeoutMs: 1000, ...(told ? { onSpurious } : {}) })
  return {
    spurious,
    asked,
    /** Answers all, and gives what they come to. */
    async answer(...attempts: number[]) {
      for (const [place, each] of attempts.entries()) asked[place]?.answer(each)
      return tally(await said, need)
    },
    needless: (place: number, sentMs = 0) => asked[place]?.context.onSpurious?.(sentMs),
  }
}

test('a needless retransmission of the member that the outcome turns on was one of the whole question', async () => {
  const { answer, needless, spurious } = asking(3, 2)
  expect(await answer(2, 1, 2)).toMatchObject({ attempts: 2 })
  needless(2, 50)
  expect(spurious).toEqual([50])
})

test('that of another was not: there were enough without it, or there are not', async () => {
  const enough = asking(3, 2)
  expect(await enough.answer(1, 2, 1)).toMatchObject({ attempts: 1 })
  enough.needless(1)
  expect(enough.spurious).toEqual([])
  const both = asking(2, 'all')
  expect(await both.answer(2, 2)).toMatchObject({ attempts: 2 })
  both.needless(0, 40)
  expect(both.spurious).toEqual([])
  // Now it is.
  both.needless(1, 60)
  expect(both.spurious).toEqual([60])
})

test('a question that was sent several times is told of each', async () => {
  const { answer, needless, spurious } = asking(2, 'all')
  expect(await answer(3, 1)).toMatchObject({ attempts: 3 })
  needless(0, 1)
  needless(0, 2)
  expect(spurious).toEqual([1, 2])
})

test('what was heard before all had answered is told then', async () => {
  const { answer, needless, spurious } = asking(2, 'all')
  needless(0, 7)
  expect(spurious).toEqual([])
  expect(await answer(2, 1)).toMatchObject({ attempts: 2 })
  expect(spurious).toEqual([7])
})

test('a member whose word is not to be believed is not asked for it, nor is any where nobody wants to know', async () => {
  const { asked, answer } = asking(2, 1, [1])
  expect(asked.map(({ context }) => context.onSpurious !== undefined)).toEqual([true, false])
  await answer(1, 1)
  const untold = asking(1, 1, [], false)
  expect(untold.asked[0]?.context).toEqual({ timeoutMs: 1000 })
  await untold.answer(1)
})
