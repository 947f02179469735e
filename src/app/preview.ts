import { silentLogger } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { openHealthFile } from '../state/health-file.ts'
import { Engine } from './engine.ts'
import { NO_MEMORY } from './memory.ts'
import { toMemory } from './memory-keeper.ts'
import { systemClock } from './system.ts'
import { createTimerWheel } from './timer-wheel.ts'

/**
 * The snapshot that an instance would start with: by the last known health where there is one, else with every target up. Asks nobody,
 * changes nothing.
 */
export async function previewSnapshot(settings: Settings): Promise<Snapshot> {
  const timers = createTimerWheel(systemClock)
  let memory = NO_MEMORY
  if (settings.stateDir !== undefined) {
    const saved = await openHealthFile(settings.stateDir, { clock: systemClock, logger: silentLogger }).peek()
    if (saved !== undefined) memory = toMemory(saved, systemClock.nowMs())
  }
  const engine = new Engine(settings, memory, {
    clock: systemClock,
    timers,
    logger: silentLogger,
    defer: () => {},
    hasten: () => {},
    publish: () => {},
  })
  engine.flush()
  engine.stop()
  timers.stop()
  const { snapshot } = engine
  if (snapshot === undefined) throw new Error('a configuration without a snapshot')
  return snapshot
}
