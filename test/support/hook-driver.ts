import type { DecisionChanged, EventFacts, SipvaneEvent } from '../../src/core/event.ts'
import type { Clock, Timers } from '../../src/core/ports.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { Target } from '../../src/core/target.ts'
import type { Finding, Hook, HookDefinition } from '../../src/publishers/hooks/definition.ts'
import { type AttemptEnd, attempt } from '../../src/publishers/hooks/runner/attempt.ts'
import { realTime } from './sip-real-time.ts'

let count = 0

export function eventOf(facts: EventFacts): SipvaneEvent {
  return { id: `test-${++count}`, atMs: 1_800_000_000_000, node: 'ns1', ...facts }
}

/** `office` serves these targets; the addresses are those of the documentation. */
export function decision(
  active: Readonly<Record<string, readonly string[]>>,
  more: Partial<DecisionChanged> = {},
): SipvaneEvent {
  return eventOf({
    type: 'decision.changed',
    pool: 'office',
    view: 'options',
    whole: true,
    mode: 'failover',
    active: Object.entries(active).map(([name, addresses]) => ({
      target: `office/${name}` as never,
      name,
      addresses,
    })),
    why: ['dsl is down'],
    ...more,
  })
}

export const DSL = { dsl: ['192.0.2.1'] }
export const LTE = { lte: ['198.51.100.1'] }

export interface DriveOptions {
  readonly timeoutMs?: number
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
  readonly time?: Clock & Timers
  readonly targets?: readonly Target[]
}

/** A hook as the configuration would make it, driven as the runner drives it. */
export function driveHook<Options>(
  definition: HookDefinition<Options>,
  given: unknown,
  options: DriveOptions = {},
) {
  const settings = definition.options.parse(given)
  const time = options.time ?? realTime
  const hook: Hook = definition.create(settings, {
    name: 'under-test',
    node: 'ns1',
    clock: time,
    timers: time,
    logger: silentLogger,
    targets: options.targets ?? [],
  })
  const how = {
    timers: time,
    timeoutMs: options.timeoutMs ?? 10_000,
    dryRun: options.dryRun ?? false,
    secrets: definition.secrets(settings),
    signal: options.signal ?? new AbortController().signal,
  }
  return {
    run: (event: SipvaneEvent): Promise<AttemptEnd<void>> =>
      attempt((context) => hook.run(event, context), how),
    check: (): Promise<AttemptEnd<readonly Finding[]>> =>
      attempt((context) => hook.check(eventOf({ type: 'hook.test', hook: 'under-test' }), context), how),
  }
}
