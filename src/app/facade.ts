import type { Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { EventSource } from './event-log.ts'
import type { LbAnswer } from './lb-answers.ts'
import type { OverrideOrder } from './override-order.ts'
import type { StatusReport } from './status.ts'
import type { ReportOrder, ReportReceipt } from './take-report.ts'

/** What admin and CLI may ask of a running instance. */
export interface Facade {
  status(): StatusReport
  /** An operator's word on a target, or its withdrawal (`auto`); false where there is no such target. */
  setOverride(pool: string, target: string, order: OverrideOrder): boolean
  /** Reads the configuration again, as SIGHUP does; every fault where it is refused and the old one stays. */
  requestReload(): Promise<readonly string[] | undefined>
  /** What somebody else found out about a target; the questions that go by it are asked at once. */
  report(pool: string, target: string, order: ReportOrder): ReportReceipt
  /** Empty when ready; otherwise what is still missing, in plain words. */
  notReady(): readonly string[]
  /** Should this target get traffic, as other balancers ask; undefined where there is no such target. */
  lb(pool: string, target: string): LbAnswer | undefined
  /** What happened, and what happens. */
  readonly events: EventSource
}

export interface App extends Facade {
  /** Rejects with a `SipvaneError` where a probe cannot work or an address cannot be had; then nothing is left open. */
  start(): Promise<void>
  /** Takes a new configuration over. Rejects as `start` does, and then the old one goes on. */
  reload(settings: Settings): Promise<void>
  stop(): Promise<void>
  /** Resolves when every watch has a clear verdict, or will not get one soon. */
  settled(): Promise<void>
  /** What is published now; undefined before the start. */
  snapshot(): Snapshot | undefined
}
