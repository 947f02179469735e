import { describe, expect, test } from 'vitest'
import { CompletedTransactions } from '../../../src/probes/transport/completed.ts'

function kept(...branches: readonly string[]) {
  const heard: string[] = []
  const completed = new CompletedTransactions()
  for (const branch of branches)
    completed.add({
      branch,
      callId: `call-${branch}`,
      method: 'OPTIONS',
      open: 1,
      heard: () => heard.push(branch),
    })
  const hears = (branch: string) => completed.hears(branch, `call-${branch}`, 'OPTIONS')
  return { completed, heard, hears }
}

describe('a transaction that has its answer', () => {
  test('is told of one more, and of no third', () => {
    const { hears, heard } = kept('a', 'b')
    expect([hears('b'), hears('b'), hears('a')]).toEqual([true, false, true])
    expect(heard).toEqual(['b', 'a'])
  })

  test('is told of as many as it sent', () => {
    const heard: number[] = []
    const completed = new CompletedTransactions()
    completed.add({ branch: 'a', callId: 'c', method: 'OPTIONS', open: 2, heard: () => heard.push(1) })
    expect([1, 2, 3].map(() => completed.hears('a', 'c', 'OPTIONS'))).toEqual([true, true, false])
    expect(heard).toEqual([1, 1])
  })

  test.each([
    ['another branch', 'b', 'call-a', 'OPTIONS'],
    ['another Call-ID', 'a', 'call-b', 'OPTIONS'],
    ['no Call-ID', 'a', undefined, 'OPTIONS'],
    ['another method', 'a', 'call-a', 'INVITE'],
    ['no method', 'a', 'call-a', undefined],
  ])('is not told of an answer with %s', (_, branch, callId, method) => {
    const { completed, heard, hears } = kept('a')
    expect(completed.hears(branch, callId, method)).toBe(false)
    expect(heard).toEqual([])
    expect(hears('a')).toBe(true)
  })

  test('makes room for newer ones: a socket keeps four', () => {
    const { hears, heard } = kept('a', 'b', 'c', 'd', 'e')
    expect([hears('a'), hears('b'), hears('e')]).toEqual([false, true, true])
    expect(heard).toEqual(['b', 'e'])
  })
})
