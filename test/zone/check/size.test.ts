import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../../src/core/settings.ts'
import { answer, poolOf, target } from '../sample.ts'
import { check, withRecords } from './sample-check.ts'

/** A pool of so many targets. */
function crowd(size: number, policy = 'failover'): PoolSettings {
  const address = (i: number) => `10.0.${i >> 8}.${i & 255}`
  const targets = Array.from({ length: size }, (_, i) =>
    target('crowd', `t${1000 + i}`, { addresses: [address(i)] }),
  )
  return poolOf('crowd', targets, { policy })
}

describe('a set that does not fit into UDP is worth a warning', () => {
  const answers = [answer('_sip._udp', 'SRV', { pool: 'crowd' }), answer('@', 'A', { pool: 'crowd' })]

  it.each([
    [20, 'failover', []],
    [40, 'failover', [0]],
    [90, 'failover', [0, 1]],
    [90, 'weighted', [0]],
  ])('with %i targets and policy %s: answers %j', (size, policy, expected) => {
    const warnings = check({ answers }, crowd(size, policy))
    expect(warnings.map((fault) => fault.answer)).toEqual(expected)
    for (const warning of warnings) {
      expect(warning).toMatchObject({ warning: true, message: expect.stringMatching(/too many for UDP/) })
    }
  })

  it('with static records, told with their line', () => {
    const text = Array.from({ length: 70 }, (_, i) => `many A 10.1.1.${i}`).join('\n')
    expect(withRecords(text)).toEqual([
      {
        line: 3,
        column: expect.any(Number),
        warning: true,
        message: expect.stringMatching(/many\..* A can take 1120 octets/),
      },
    ])
  })
})

it('a set that fits into no message is a fault of its answer', () => {
  const answers = [answer('_sip._udp', 'SRV', { pool: 'crowd' }), answer('@', 'A', { pool: 'crowd' })]
  const faults = (size: number, policy = 'failover') =>
    check({ answers }, crowd(size, policy)).filter((fault) => fault.warning === undefined)
  expect(faults(1450)).toEqual([])
  expect(faults(1700)).toEqual([{ answer: 0, message: expect.stringMatching(/SRV can take/) }])
  expect(faults(4500).map((fault) => fault.answer)).toEqual([0, 1])
  // A response carries one of them.
  expect(faults(4500, 'weighted').map((fault) => fault.answer)).toEqual([0])
})
