import { describe, expect, it } from 'vitest'
import type { HookContext } from '../../../../src/publishers/hooks/definition.ts'
import { HookError } from '../../../../src/publishers/hooks/error.ts'
import { attempt } from '../../../../src/publishers/hooks/runner/attempt.ts'
import { retryDelayMs } from '../../../../src/publishers/hooks/runner/retry.ts'
import { VirtualTime } from '../../../support/virtual-time.ts'

function tried(act: (context: HookContext) => Promise<void>, stop = new AbortController()) {
  const time = new VirtualTime()
  const { signal } = stop
  return {
    time,
    stop,
    end: attempt(act, { timers: time, timeoutMs: 1_000, dryRun: false, secrets: [], signal }),
  }
}

describe('an attempt', () => {
  it('that is stopped before it begins ends at once, whether the hook looks or not', async () => {
    const stop = new AbortController()
    stop.abort()
    const { time, end } = tried(() => new Promise(() => {}), stop)
    expect((await end).error).toMatchObject({ code: 'hook-stopped' })
    expect(time.pending).toBe(0)
  })

  it('keeps the first fifty of its steps, and none that came after its end', async () => {
    let step: HookContext['step'] = () => {}
    const { end } = tried(async (context) => {
      step = context.step
      for (let count = 1; count <= 60; count++) step(`step ${count}`)
    })
    const { steps } = await end
    expect([steps.length, steps.at(-1)]).toEqual([50, 'step 50'])
    const late = tried((context) => {
      step = context.step
      return new Promise(() => {})
    })
    await late.time.advance(1_100)
    step('too late')
    expect((await late.end).steps).toEqual([])
  })
})

describe('the pause before the next attempt', () => {
  const longest = { next: () => 0.999_999 }

  it('doubles up to a minute', () => {
    const spans = [1, 2, 3, 6, 7, 30].map((attempts) =>
      Math.ceil(retryDelayMs(attempts, new HookError('failed', 'no'), longest) / 1_000),
    )
    expect(spans).toEqual([1, 2, 4, 32, 60, 60])
  })

  it('is as long as the far end asks for, but for an hour at most', () => {
    const asked = (retryAfterMs: number) =>
      retryDelayMs(1, new HookError('throttled', 'slow down', { retryAfterMs }), longest)
    expect([asked(90_000), asked(999_999_000)]).toEqual([90_000, 3_600_000])
  })
})
