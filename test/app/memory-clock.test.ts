import { describe, expect, it } from 'vitest'
import { MemoryKeeper, toMemory } from '../../src/app/memory-keeper.ts'
import { initialHealth } from '../../src/health/machine.ts'
import type { SavedState, StateToSave } from '../../src/state/health-file.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const NOON = 1_800_000_000_000
const HOUR = 3_600_000

/** A drain of two hours, a health and a tenure, all from the moment of the save by the process's own clock. */
function saved(savedAtMs: number, wallAtMs?: number): SavedState {
  return {
    node: 'ns1',
    savedAtMs,
    ...(wallAtMs === undefined ? {} : { wallAtMs }),
    health: { watch: { ...initialHealth(savedAtMs), heardAtMs: savedAtMs } },
    policy: {
      view: {
        incumbents: [],
        tenures: { 'edge/a': { standing: 'up', sinceMs: savedAtMs, returnedAtMs: savedAtMs } },
      },
    },
    serials: {},
    overrides: { 'edge/a': { kind: 'drain', untilMs: savedAtMs + 2 * HOUR } },
  }
}

/** Relative to the start of the new process. */
function recalled(state: SavedState, nowMs: number) {
  const { health, policy, overrides } = toMemory(state, nowMs)
  const tenure = policy.get('view')?.tenures['edge/a']
  return {
    heard: (health.get('watch')?.heardAtMs ?? 0) - nowMs,
    since: (tenure?.sinceMs ?? 0) - nowMs,
    returned: (tenure?.returnedAtMs ?? 0) - nowMs,
    drain: ([...overrides.values()][0]?.untilMs ?? 0) - nowMs,
  }
}

describe('what is kept, after a restart', () => {
  it('is as old as it is, and the time without us is no time without a break', () => {
    expect(recalled(saved(NOON), NOON + HOUR)).toEqual({
      heard: -HOUR,
      since: 0,
      returned: -HOUR,
      drain: HOUR,
    })
  })

  it('is as old as it is where the time of day was set while the former process ran', () => {
    // It counted from 1970; noon is what the system says by now, and said when the state was written.
    expect(recalled(saved(50_000, NOON), NOON + HOUR)).toEqual({
      heard: -HOUR,
      since: 0,
      returned: -HOUR,
      drain: HOUR,
    })
  })

  it('lies not ahead where the time of day went back since', () => {
    expect(recalled(saved(NOON, NOON), NOON - 24 * HOUR)).toEqual({
      heard: 0,
      since: 0,
      returned: 0,
      drain: 2 * HOUR,
    })
  })

  it('stays to the millisecond where two clocks differ by less than a second', () => {
    expect(recalled(saved(NOON, NOON + 999), NOON - 1)).toEqual({
      heard: 1,
      since: 1,
      returned: 1,
      drain: 2 * HOUR + 1,
    })
  })

  it('is written with both clocks', async () => {
    const written: StateToSave[] = []
    const time = new VirtualTime(50_000)
    const keeper = new MemoryKeeper(
      {
        read: async () => undefined,
        peek: async () => undefined,
        write: async (state) => void written.push(state),
      },
      { clock: time, timers: time, logger: recordingLogger(), node: 'ns1', wall: { nowMs: () => NOON } },
    )
    await keeper.close()
    expect(written).toMatchObject([{ savedAtMs: 50_000, wallAtMs: NOON }])
  })
})
