import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { withinBudget } from '../../../src/probes/transport/budget.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

type End = { readonly kind: 'said' }

test.each<[string, (settle: (end: End) => void) => void, number, string]>([
  ['its own word, at once', (settle) => settle({ kind: 'said' }), 0, 'said'],
  ['its own word, later', (settle) => queueMicrotask(() => settle({ kind: 'said' })), 0, 'said'],
  ['the deadline', () => {}, 100, 'timeout'],
])(
  'a question ends by %s, and leaves neither timer nor listener behind',
  async (_what, begin, afterMs, kind) => {
    const time = new VirtualTime()
    const { signal } = new AbortController()
    const asking = withinBudget<End>({ timeoutMs: 100, signal }, time, begin)
    await time.advance(afterMs)
    expect(await asking).toEqual({ kind })
    expect([time.pending, getEventListeners(signal, 'abort')]).toEqual([0, []])
  },
)

test('a question is withdrawn at once, and not begun where it was before', async () => {
  const time = new VirtualTime()
  const controller = new AbortController()
  const { signal } = controller
  let begun = 0
  const begin = () => {
    begun++
  }
  const asking = withinBudget<End>({ timeoutMs: 100, signal }, time, begin)
  controller.abort()
  expect(await asking).toEqual({ kind: 'aborted' })
  expect(await withinBudget<End>({ timeoutMs: 100, signal }, time, begin)).toEqual({ kind: 'aborted' })
  expect(begun).toBe(1)
  expect([time.pending, getEventListeners(signal, 'abort')]).toEqual([0, []])
})

test('a throw of its beginning rejects, and leaves nothing behind either', async () => {
  const time = new VirtualTime()
  const { signal } = new AbortController()
  const asking = withinBudget<End>({ timeoutMs: 100, signal }, time, () => {
    throw new RangeError('no')
  })
  await expect(asking).rejects.toThrow('no')
  expect([time.pending, getEventListeners(signal, 'abort')]).toEqual([0, []])
})
