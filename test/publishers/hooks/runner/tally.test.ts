import { expect, it } from 'vitest'
import { HookError } from '../../../../src/publishers/hooks/error.ts'
import { QUEUE_MAX } from '../../../../src/publishers/hooks/runner/lane.ts'
import { decision, LTE } from '../../../support/hook-driver.ts'
import { hang, runHooks } from '../../../support/hook-runner.ts'

it('counts runs by result, retries, waits for the rate limit, and what fell by the way', async () => {
  let calls = 0
  const { runner, time } = runHooks({
    good: { act: async () => {}, rate: { max: 2, perMs: 60_000 } },
    bad: {
      act: async () => {
        throw new HookError('unreachable', 'no')
      },
      retries: 2,
    },
    late: {
      act: async () => {
        if (++calls === 1) throw new HookError('unreachable', 'no')
      },
      retries: 2,
    },
    hanging: { act: hang, retries: 0 },
  })
  for (let times = 0; times < 3; times++) runner.take(decision(LTE))
  await time.advance(4_000)
  expect(runner.report().good).toMatchObject({
    runs: { ran: 2, failed: 0, stopped: 0 },
    limited: 1,
    running: true,
  })
  expect(runner.report().hanging).toMatchObject({ runs: { ran: 0 }, running: true, waiting: 2 })
  await time.advance(120_000)
  expect(runner.report()).toMatchObject({
    good: { runs: { ran: 3, failed: 0, stopped: 0 }, retries: 0, limited: 1, running: false },
    bad: { runs: { ran: 0, failed: 3, stopped: 0 }, retries: 6 },
    late: { runs: { ran: 3, failed: 0, stopped: 0 }, retries: 1 },
    hanging: { runs: { ran: 0, failed: 3, stopped: 0 }, retries: 0 },
  })
  // Three times its time-out, and the moments that a hook is given to end in.
  expect(runner.report().hanging?.totalMs).toBeGreaterThanOrEqual(15_000)
  expect(runner.report().hanging?.totalMs).toBeLessThan(16_000)
})

it('counts what finds the queue full, and what close stops', async () => {
  const { runner, time } = runHooks({ hanging: { act: hang, retries: 0 } })
  for (let times = 0; times < QUEUE_MAX + 6; times++) runner.take(decision(LTE))
  await time.advance(10)
  expect(runner.report().hanging).toMatchObject({ dropped: 5, waiting: QUEUE_MAX, running: true })
  await runner.close()
  expect(runner.report().hanging).toMatchObject({ runs: { ran: 0, failed: 0, stopped: 1 } })
})
