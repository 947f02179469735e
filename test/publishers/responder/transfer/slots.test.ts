import { describe, expect, it } from 'vitest'
import { Slots } from '../../../../src/publishers/responder/transfer/slots.ts'

/** Whoever enters, by name, in the order that they began. */
function slots(most: number) {
  const began: string[] = []
  const one = new Slots(most)
  const enter = (name: string) => one.enter(() => began.push(name))
  return { one, began, enter }
}

describe('places for transfers', () => {
  it('are taken up to their number, and then in the order of those who wait', () => {
    const { one, began, enter } = slots(2)
    const [a, b, c] = ['a', 'b', 'c', 'd'].map(enter)
    expect([began, one.running]).toEqual([['a', 'b'], 2])
    b?.()
    expect([began, one.running]).toEqual([['a', 'b', 'c'], 2])
    a?.()
    c?.()
    expect([began, one.running]).toEqual([['a', 'b', 'c', 'd'], 1])
  })

  it('are given back once, however often that is said', () => {
    const { one, began, enter } = slots(1)
    const [a] = ['a', 'b', 'c'].map(enter)
    for (let i = 0; i < 3; i++) a?.()
    expect([began, one.running]).toEqual([['a', 'b'], 1])
  })

  it('go to nobody who has given the waiting up', () => {
    const { one, began, enter } = slots(1)
    const [a, b] = ['a', 'b', 'c'].map(enter)
    b?.()
    expect([began, one.running]).toEqual([['a'], 1])
    a?.()
    expect([began, one.running]).toEqual([['a', 'c'], 1])
  })
})
