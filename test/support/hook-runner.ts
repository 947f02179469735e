import type { EventFacts, SipvaneEvent } from '../../src/core/event.ts'
import type { HookSettings } from '../../src/core/settings.ts'
import type { Hook, HookContext, HookDefinition } from '../../src/publishers/hooks/definition.ts'
import { HookError, type HookFault } from '../../src/publishers/hooks/error.ts'
import { HookRunner } from '../../src/publishers/hooks/runner/runner.ts'
import { recordingLogger } from './recording-logger.ts'
import { seededRandom, VirtualTime } from './virtual-time.ts'

export type Act = (event: SipvaneEvent, context: HookContext) => Promise<void>

/** A hook of the test: what it does, and which of its settings are not the plain ones. */
export interface HookSpec extends Partial<HookSettings> {
  readonly act: Act
  readonly takes?: HookDefinition['takes']
  readonly secrets?: readonly string[]
}

/** A runner at virtual time with these hooks, what it tells and what it logs. */
export function runHooks(specs: Readonly<Record<string, HookSpec>>) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const told: EventFacts[] = []
  const hooks = Object.entries(specs).map(([name, { act, takes = 'each', secrets = [], ...more }]) => {
    const settings: HookSettings = {
      name,
      kind: 'test',
      on: ['decision.changed'],
      pools: [],
      after: [],
      timeoutMs: 5_000,
      retries: 3,
      rate: { max: 1_000, perMs: 60_000 },
      dryRun: false,
      options: {},
      ...more,
    }
    const hook: Hook = { run: act, check: async () => [] }
    return { settings, hook, definition: { takes, secrets: () => secrets } as unknown as HookDefinition }
  })
  const runner = new HookRunner(hooks, {
    clock: time,
    timers: time,
    random: seededRandom(1),
    logger,
    tell: (facts) => told.push(facts),
  })
  return { time, logger, told, runner }
}

export const hang: Act = () => new Promise(() => {})
export const failWith =
  (fault: HookFault): Act =>
  async () => {
    throw new HookError(fault, 'no')
  }
