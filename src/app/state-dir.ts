import type { SipvaneEvent } from '../core/event.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import { type EventFile, openEventFile } from '../state/event-file.ts'
import { openHealthFile } from '../state/health-file.ts'
import { type Memory, NO_MEMORY } from './memory.ts'
import { MemoryKeeper } from './memory-keeper.ts'

export interface StateDirDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** What an instance keeps over a restart, where `stateDir` says where: its memory, and the history of events. */
export class StateDir {
  readonly #deps: StateDirDeps
  #keeper: MemoryKeeper | undefined
  #history: EventFile | undefined
  #watching = false

  constructor(deps: StateDirDeps) {
    this.#deps = deps
  }

  /** What earlier runs left; nothing without a folder. Never rejects. */
  async open({ stateDir, node }: Settings): Promise<{ memory: Memory; events: readonly SipvaneEvent[] }> {
    if (stateDir === undefined) return { memory: NO_MEMORY, events: [] }
    const { clock, timers, logger } = this.#deps
    const file = openHealthFile(stateDir, { clock, logger })
    this.#keeper = new MemoryKeeper(file, { clock, timers, logger, node })
    this.#history = openEventFile(stateDir, { logger })
    return { events: await this.#history.tail(), memory: await this.#keeper.recall() }
  }

  /** Writes this memory, from now on until the end. */
  watch(memory: () => Memory): void {
    this.#watching = true
    this.#keeper?.watch(memory)
  }

  /** Something moved that a restart must not forget. */
  moved(): void {
    this.#keeper?.moved()
  }

  append(event: SipvaneEvent): void {
    this.#history?.append(event)
  }

  /** Writes what is not yet written. Where nothing was watched there is no memory, and what earlier runs left stays. */
  async close(): Promise<void> {
    await this.#history?.close()
    if (this.#watching) await this.#keeper?.close()
  }
}
