import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

/** Interval 1 s, time-out 500 ms, fall 3, a path of 20 ms: as for one probe alone. */
const FOUND_MS = 2_300
const PROBES = ['options', 'register']
const QUIET_MS = 8_000
const OUTAGES = 5

/**
 * From each of several faults in a row to its verdict; every one is mended as soon as it is found, as by whoever pulled the wrong cable.
 * `lossy`: probes that held the path for lossy after it.
 */
function found(seed: number): { readonly tookMs: readonly number[]; readonly lossy: readonly string[] } {
  const fleet = new Fleet({
    pool: poolOf([targetOf('sip1'), targetOf('sip2')], { probes: PROBES }),
    probes: PROBES.map((name) => probeOf({ name })),
    seed,
  })
  fleet.run(30_000)
  const tookMs: number[] = []
  const lossy: string[] = []
  for (let outage = 0; outage < OUTAGES; outage++) {
    const startMs = fleet.nowMs
    fleet.set('sip1', 'silent')
    const died = () =>
      fleet.moves.find(
        ({ atMs, key, status }) => atMs >= startMs && key.startsWith('sip1') && status === 'down',
      )
    while (died() === undefined && fleet.nowMs < startMs + 30_000) fleet.run(10)
    tookMs.push((died()?.atMs ?? Number.POSITIVE_INFINITY) - startMs)
    fleet.set('sip1', 'answers')
    fleet.run(QUIET_MS + ((seed * 131) % 1000))
    lossy.push(...PROBES.filter((probe) => fleet.health('sip1', probe).loss > 0))
  }
  return { tookMs, lossy }
}

test('a server that goes silent again after an outage that only one of its probes was there to judge is found as soon as before', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { tookMs, lossy } = found(seed)
    expect(lossy, `seed ${seed}`).toEqual([])
    expect(Math.max(...tookMs), `seed ${seed}`).toBeLessThan(FOUND_MS)
  }
})
