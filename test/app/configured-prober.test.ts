import { expect, test } from 'vitest'
import { configuredProber, memberProber } from '../../src/app/configured-prober.ts'
import { impairedAbove } from '../../src/app/slow-answers.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { probeOf } from '../support/pool-sim.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

function recording(answer: Outcome = outcome('ok', { attempts: 1, rttMs: 250 })) {
  const asked: { source: string | undefined; context: AskContext }[] = []
  const prober: Prober = {
    requests: 3,
    roundTrips: 2,
    start: async () => {},
    close: async () => {},
    async ask(target, _address, context) {
      asked.push({ source: target.source, context })
      return answer
    },
  }
  return { prober, asked }
}

const context = { timeoutMs: 1000 }

test('a probe that is told nothing special is left as it is', () => {
  const { prober } = recording()
  expect(configuredProber(prober, probeOf(), new VirtualTime())).toBe(prober)
})

test("a probe's source goes before its target's", async () => {
  const { prober, asked } = recording()
  const configured = configuredProber(prober, probeOf({ source: '192.0.2.5' }), new VirtualTime())
  await configured.ask(labTarget(5060, { source: '192.0.2.9' }), '127.0.0.1', context)
  expect(asked[0]?.source).toBe('192.0.2.5')
  expect(configured).toMatchObject({ requests: 3, roundTrips: 2 })
})

test.each([
  [249, 'took 250 ms, more than 249 ms'],
  [250, undefined],
])('a pass of 250 ms with degradeAbove %i ms is impaired: %s', async (degradeAboveMs, impaired) => {
  const { prober } = recording()
  const answer = await configuredProber(prober, probeOf({ degradeAboveMs }), new VirtualTime()).ask(
    labTarget(1),
    '127.0.0.1',
    context,
  )
  expect(answer.result).toBe('pass')
  expect(answer.impaired).toBe(impaired)
})

test('only a pass whose round trip is known can be too slow, and nothing that impairs it is forgotten', () => {
  const failed = outcome('bad-status', { attempts: 1, rttMs: 900 })
  const unknown = outcome('ok', { attempts: 2 })
  expect(impairedAbove(failed, 1)).toBe(failed)
  expect(impairedAbove(unknown, 1)).toBe(unknown)
  const both = impairedAbove(outcome('ok', { attempts: 1, rttMs: 9, impaired: 'a warning' }), 1)
  expect(both.impaired).toBe('a warning; took 9 ms, more than 1 ms')
})

test.each([
  [400, 400],
  [5000, 1000],
])('a member with a time-out of %i ms in a question of 1 s gets %i ms', async (ownMs, givenMs) => {
  const { prober, asked } = recording()
  await memberProber(prober, ownMs).ask(labTarget(1), '127.0.0.1', context)
  expect(asked[0]?.context.timeoutMs).toBe(givenMs)
})

test('a word on needless retransmissions is kept, whatever wraps the prober; and none is made up', () => {
  const { prober } = recording()
  const telling: Prober = { ...prober, tellsSpurious: true }
  const several = { destinations: ['192.0.2.1', '192.0.2.2'] }
  for (const wrap of [{ degradeAboveMs: 250 }, several, { ...several, source: '192.0.2.5' }]) {
    expect(configuredProber(telling, probeOf(wrap), new VirtualTime()).tellsSpurious).toBe(true)
    expect(configuredProber(prober, probeOf(wrap), new VirtualTime()).tellsSpurious).toBeUndefined()
  }
  expect(memberProber(telling, 400).tellsSpurious).toBe(true)
  expect(memberProber(prober, 400).tellsSpurious).toBeUndefined()
})
