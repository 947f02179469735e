import { describe, expect, test } from 'vitest'
import { settled, withdrawOn } from '../../../src/probes/transport/withdrawal.ts'

function question(withdrawn: string[], name: string, then: () => void = () => {}) {
  return {
    abort: () => {
      withdrawn.push(name)
      then()
    },
  }
}

describe('withdrawing questions', () => {
  test('all that are open are withdrawn once, those that were answered are not', () => {
    const { signal, abort } = controller()
    const withdrawn: string[] = []
    const [a, b, c] = ['a', 'b', 'c'].map((name) => question(withdrawn, name))
    for (const each of [a, b, c]) if (each !== undefined) withdrawOn(signal, each)
    if (b !== undefined) settled(signal, b)
    abort()
    expect(withdrawn).toEqual(['a', 'c'])
  })

  test('each one settles while the others are being withdrawn', () => {
    const { signal, abort } = controller()
    const withdrawn: string[] = []
    for (const name of ['a', 'b', 'c']) {
      const each = question(withdrawn, name, () => settled(signal, each))
      withdrawOn(signal, each)
    }
    abort()
    expect(withdrawn).toEqual(['a', 'b', 'c'])
  })

  test('a signal is listened to once, however many questions it sees', () => {
    const { signal } = controller()
    let listeners = 0
    const listen = signal.addEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof listen>) => {
      listeners++
      listen(...given)
    }
    for (let asked = 0; asked < 100; asked++) {
      const each = question([], 'x')
      withdrawOn(signal, each)
      settled(signal, each)
    }
    expect(listeners).toBe(1)
  })

  test('settling what nobody knows is nothing', () => {
    const { signal, abort } = controller()
    const withdrawn: string[] = []
    withdrawOn(signal, question(withdrawn, 'a'))
    settled(signal, question(withdrawn, 'b'))
    settled(controller().signal, question(withdrawn, 'c'))
    abort()
    expect(withdrawn).toEqual(['a'])
  })
})

function controller() {
  const own = new AbortController()
  return { signal: own.signal, abort: () => own.abort() }
}
