import { expect, test } from 'vitest'
import { Places } from '../../../src/probes/exec/places.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

test('places are given in the order in which they were asked for, and none to who has gone', async () => {
  const time = new VirtualTime()
  const places = new Places(1, time)
  const ends: string[] = []
  const take = (name: string, timeoutMs = 1000, signal?: AbortSignal) =>
    places
      .take({ timeoutMs, ...(signal === undefined ? {} : { signal }) })
      .then(({ kind }) => ends.push(`${name} ${kind}`))
  const controller = new AbortController()
  await take('a')
  const rest = [take('b', 100), take('c', 1000, controller.signal), take('d'), take('e')]
  await time.advance(100)
  controller.abort()
  places.leave()
  await Promise.all(rest.slice(0, 3))
  expect(ends).toEqual(['a go', 'b timeout', 'c aborted', 'd go'])
  // One place: who comes now waits behind e.
  const late = take('f')
  places.leave()
  await rest[3]
  expect(ends.at(-1)).toBe('e go')
  places.leave()
  await late
  places.leave()
  expect(ends.at(-1)).toBe('f go')
  expect(time.pending).toBe(0)
})

test('a withdrawn question takes no place, though one is free', async () => {
  const places = new Places(1, new VirtualTime())
  expect(await places.take({ timeoutMs: 1000, signal: AbortSignal.abort() })).toEqual({ kind: 'aborted' })
  expect(await places.take({ timeoutMs: 1000 })).toEqual({ kind: 'go' })
})
