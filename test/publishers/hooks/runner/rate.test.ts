import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROMPT_RATE, type Rate, USUAL_RATE } from '../../../../src/publishers/hooks/definition.ts'
import { decision, LTE } from '../../../support/hook-driver.ts'
import { runHooks } from '../../../support/hook-runner.ts'

const START_MS = 1_000_000

/** A hook of that rate at virtual time, and when it ran for which event. */
function rated(rate: Rate, takes: 'newest' | 'each') {
  const ran: { readonly id: string; readonly atMs: number }[] = []
  const { runner, time } = runHooks({
    a: { rate, takes, act: async ({ id }) => void ran.push({ id, atMs: time.nowMs() - START_MS }) },
  })
  return { runner, time, ran, at: () => ran.map(({ atMs }) => atMs) }
}

describe('the rate of a hook', () => {
  it('lets so many run at once, then one at a time; nothing is missed', async () => {
    const { runner, time, at } = rated({ max: 2, perMs: 10_000 }, 'each')
    for (let index = 0; index < 5; index++) runner.take(decision(LTE))
    await time.advance(30_000)
    expect(at()).toEqual([0, 0, 5_000, 10_000, 15_000])
  })

  it('is full again after a quiet time, and no fuller', async () => {
    const { runner, time, at } = rated({ max: 2, perMs: 10_000 }, 'each')
    for (const pauseMs of [0, 60_000]) {
      await time.advance(pauseMs)
      for (let index = 0; index < 3; index++) runner.take(decision(LTE))
    }
    await time.advance(60_000)
    expect(at()).toEqual([0, 0, 5_000, 60_000, 60_000, 65_000])
  })

  it('of a PBX brings it where the name is within a second, however often the link flaps', async () => {
    const { runner, time, ran, at } = rated(PROMPT_RATE, 'newest')
    // Each fault of the link moves the name three times: out, back for a moment, out.
    for (let fault = 0; fault < 40; fault++) {
      for (const pauseMs of [200, 400, 1_400]) {
        const event = decision(LTE)
        runner.take(event)
        const movedMs = time.nowMs() - START_MS
        await time.advance(pauseMs)
        const told = ran.find(({ id }) => id === event.id)
        if (pauseMs > 1_000) expect(told?.atMs).toBeLessThanOrEqual(movedMs + 1_000)
      }
    }
    // A storm it is not: one a second is what the trunk sees.
    expect(at().length).toBeLessThanOrEqual(10 + 80)
  })

  it.each([
    ['a PBX', PROMPT_RATE],
    ['any other', USUAL_RATE],
    ['somebody who wants few', { max: 1, perMs: 60_000 }],
  ] as const)(
    'of %s holds up the last of any history for one step at most (random histories)',
    async (_, rate) => {
      const stepMs = rate.perMs / rate.max
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(1_500), { maxLength: 60, minLength: 1, size: 'max' }),
          async (pauses) => {
            const { runner, time, ran, at } = rated(rate, 'newest')
            let last = ''
            for (const pauseMs of pauses) {
              await time.advance(pauseMs)
              const event = decision(LTE)
              last = event.id
              runner.take(event)
            }
            const toldMs = time.nowMs() - START_MS
            await time.advance(stepMs)
            expect(ran.at(-1)?.id).toBe(last)
            // However they came: in no span more than the burst and what the span has filled.
            for (const [index, beginMs] of at().entries())
              expect(at().length - index).toBeLessThanOrEqual(rate.max + (toldMs + stepMs - beginMs) / stepMs)
          },
        ),
        { seed: 20_263, numRuns: 30 },
      )
    },
  )
})
