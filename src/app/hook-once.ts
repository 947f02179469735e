import type { SipvaneEvent } from '../core/event.ts'
import { silentLogger } from '../core/ports.ts'
import type { HookSettings, Settings } from '../core/settings.ts'
import type { Finding, HookContext } from '../publishers/hooks/definition.ts'
import { attempt } from '../publishers/hooks/runner/attempt.ts'
import { openHook, targetsOf } from './hooks.ts'
import { systemClock } from './system.ts'
import { createTimerWheel } from './timer-wheel.ts'

export interface HookTestResult {
  readonly hook: string
  readonly kind: string
  readonly findings: readonly Finding[]
  /** What it did on the way, where it did something. */
  readonly steps: readonly string[]
}

/**
 * Tests one hook against the real world within one attempt's budget; changes nothing, except that those who tell people tell them of a
 * test. Never rejects for what the far end does: that is a finding.
 */
export async function testHook(hook: HookSettings, settings: Settings): Promise<HookTestResult> {
  const timers = createTimerWheel(systemClock)
  const deps = { clock: systemClock, timers, logger: silentLogger }
  const loaded = openHook(hook, targetsOf(hook, settings), settings.node, deps)
  const atMs = Math.round(systemClock.nowMs())
  const event: SipvaneEvent = {
    type: 'hook.test',
    hook: hook.name,
    id: `test-${atMs.toString(36)}`,
    atMs,
    node: settings.node,
  }
  try {
    const { value, error, steps } = await attempt(
      (context: HookContext) => loaded.hook.check(event, context),
      {
        timers,
        timeoutMs: hook.timeoutMs,
        dryRun: hook.dryRun,
        secrets: loaded.definition.secrets(hook.options),
        signal: new AbortController().signal,
      },
    )
    const failed: Finding[] = error === undefined ? [] : [{ result: 'fail', text: error.message }]
    return { hook: hook.name, kind: hook.kind, findings: [...(value ?? []), ...failed], steps }
  } finally {
    timers.stop()
  }
}
