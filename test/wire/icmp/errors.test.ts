import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliveryError } from '../../../src/wire/icmp/errors.ts'

test.each([
  [4, 3, 0, 'network unreachable'],
  [4, 3, 1, 'host unreachable'],
  [4, 3, 3, 'port unreachable'],
  [4, 3, 13, 'administratively prohibited'],
  [4, 3, 99, 'destination unreachable, code 99'],
  [4, 11, 0, 'hop limit exceeded'],
  [4, 12, 0, 'parameter problem, code 0'],
  [6, 1, 0, 'no route'],
  [6, 1, 3, 'address unreachable'],
  [6, 3, 0, 'hop limit exceeded'],
] as const)('IPv%i type %i code %i: %s', (family, type, code, said) => {
  expect(deliveryError(family, type, code)).toBe(said)
})

test.each([
  [4, 5, 1, 'a redirect'],
  [4, 4, 0, 'a source quench'],
  [4, 0, 0, 'an echo reply'],
  [6, 2, 0, 'packet too big'],
  [6, 137, 0, 'a redirect'],
] as const)('IPv%i type %i code %i (%s) loses nothing', (family, type, code, _what) => {
  expect(deliveryError(family, type, code)).toBeUndefined()
})

test('whatever type and code come, it is plain text or nothing', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(fc.constantFrom(4 as const, 6 as const), octet, octet, (family, type, code) => {
      expect(deliveryError(family, type, code) ?? 'nothing').toMatch(/^[a-z0-9 ,]+$/)
    }),
    { seed: 20_260_108 },
  )
})
