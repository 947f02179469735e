import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newRequestIds } from '../../../src/wire/sip/ids.ts'

test('identifiers hold every random bit they were given, and the cookie of RFC 3261 section 8.1.1.7', () => {
  let next = 0
  const counting = (count: number) => Uint8Array.from({ length: count }, () => next++)
  expect(newRequestIds(counting)).toEqual({
    branch: 'z9hG4bK-000102030405060708090a0b0c0d0e0f',
    fromTag: '1011121314151617',
    callId: '18191a1b1c1d1e1f2021222324252627',
  })
})

test('ten thousand requests share no identifier', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 10_000; i++) {
    for (const id of Object.values(newRequestIds(randomBytes))) seen.add(id)
  }
  expect(seen.size).toBe(30_000)
})
