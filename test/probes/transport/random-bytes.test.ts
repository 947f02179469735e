import { expect, test } from 'vitest'
import { pooledRandomBytes } from '../../../src/probes/transport/random-bytes.ts'

test('random bytes come in the length asked for, and never twice', () => {
  const random = pooledRandomBytes()
  const seen = new Set<string>()
  for (let i = 0; i < 5000; i++) seen.add(Buffer.from(random(16)).toString('hex'))
  expect(seen.size).toBe(5000)
  expect(random(20_000)).toHaveLength(20_000)
})

test('bytes that were given out do not change when more are drawn', () => {
  const random = pooledRandomBytes()
  const first = random(16)
  const before = Buffer.from(first).toString('hex')
  for (let i = 0; i < 2000; i++) random(40)
  expect(Buffer.from(first).toString('hex')).toBe(before)
})
