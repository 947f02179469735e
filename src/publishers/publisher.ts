import type { Snapshot } from '../core/snapshot.ts'

/** Makes the world match a snapshot. */
export interface Publisher {
  /** As `zones.*.publish` names it. */
  readonly name: string
  /** Takes the newest snapshot over. Returns at once and never throws: what fails later is logged, counted and tried again. */
  publish(snapshot: Snapshot): void
  /** Ends what is under way, within a bounded time. */
  close(): Promise<void>
}
