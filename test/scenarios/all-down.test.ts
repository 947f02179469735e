import { expect, test } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

const sip1 = targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 })
const sip2 = targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 })
const spare = targetOf('spare', { addresses: ['198.51.100.1'], priority: 5 })
const spare2 = targetOf('spare2', { addresses: ['198.51.100.2'], priority: 6 })
const START = 'normal A=sip1 SRV=sip1@10:100,sip2@20:100'
const ALL = 'last-resort A=sip1+sip2 SRV=sip1@10:100,sip2@20:100'

/** sip1 dies first, so that what was last good is sip2; then sip2; then both come back. */
function story(rest: Partial<PoolSettings>): string[] {
  const fleet = new Fleet({ pool: poolOf([sip1, sip2], rest), probes: [probeOf()] }).run(10_000)
  fleet.set('sip1', 'refused')
  fleet.run(10_000)
  fleet.set('sip2', 'refused')
  fleet.run(30_000)
  expect(fleet.latest.suspect).toBe(true)
  fleet.set('sip1', 'answers')
  fleet.run(10_000)
  fleet.set('sip2', 'answers')
  fleet.run(10_000)
  return fleet.decisions.map(({ brief }) => brief)
}

test.each([
  { rest: { allDown: 'serve-all' as const }, resort: ALL },
  { rest: { allDown: 'last-good' as const }, resort: 'last-resort A=sip2 SRV=sip2@20:100' },
  {
    rest: { allDown: 'fallback' as const, fallback: [spare, spare2] },
    resort: 'last-resort A=spare SRV=spare@5:100,spare2@6:100',
  },
  { rest: { allDown: 'nodata' as const }, resort: 'last-resort A= SRV=' },
  { rest: { allDown: 'fallback' as const, fallback: [] }, resort: ALL },
])(
  'all down with $rest.allDown answers "$resort", and ends with the first that returns',
  ({ rest, resort }) => {
    expect(story(rest)).toEqual([
      START,
      'failover A=sip2 SRV=sip2@20:100',
      resort,
      'normal A=sip1 SRV=sip1@10:100',
      START,
    ])
  },
)

test('last-good without anything good before serves all', () => {
  const fleet = new Fleet({ pool: poolOf([sip1, sip2], { allDown: 'last-good' }), probes: [probeOf()] })
  // Unknown counts as up, so the first answer is good; a state that was lost leaves nothing.
  fleet.set('sip1', 'refused')
  fleet.set('sip2', 'refused')
  fleet.run(10_000)
  const { health } = fleet.keep() as { health: unknown }
  const after = new Fleet({
    pool: poolOf([sip1, sip2], { allDown: 'last-good' }),
    probes: [probeOf()],
    kept: { health },
    startMs: fleet.nowMs,
  })
  expect(after.answer).toBe(ALL)
})

test('whom an operator drained stays out of the last resort while another is left', () => {
  const fleet = new Fleet({ pool: poolOf([sip1, sip2]), probes: [probeOf()] }).run(10_000)
  fleet.override('sip1', { kind: 'drain' })
  fleet.set('sip2', 'refused')
  fleet.run(10_000)
  expect(fleet.answer).toBe('last-resort A=sip2 SRV=sip2@20:100')
  fleet.override('sip2', { kind: 'down' })
  expect(fleet.answer).toBe(ALL)
})
