import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { forgetBlindness } from '../../src/health/sight.ts'
import { sightOf } from '../support/outlook.ts'

const SEEN = {
  p: outcome('ok', { attempts: 1 }),
  s: outcome('timeout', { attempts: 2 }),
  h: outcome('refused', { attempts: 1 }),
  o: outcome('no-route', { attempts: 0 }),
}

/** One letter a second: `p`ass, `s`ilence, `h`ard, `o`urs, `.` not asked. */
function healthAfter(story: string, from = 0): HealthState {
  let state = initialHealth(from)
  ;[...story].forEach((letter, at) => {
    const seen = SEEN[letter as keyof typeof SEEN]
    if (seen !== undefined) state = step(state, seen, { rise: 2, fall: 3 }, from + (at + 1) * 1000)
  })
  return state
}

function sight(stories: Record<string, string>, laterMs = 0) {
  const watched = Object.entries(stories).map(([id, story]) => ({
    id: id.split('#')[0] ?? id,
    state: healthAfter(story),
  }))
  const lengths = Object.values(stories).map((story) => story.length)
  return sightOf(watched, Math.max(...lengths) * 1000 + laterMs)
}

test.each([
  { what: 'all answer', stories: { a: 'ppppp', b: 'ppppp' }, kind: 'clear' },
  { what: 'both die in silence', stories: { a: 'ppsss', b: 'ppsss' }, kind: 'lost' },
  { what: 'one is down, the other in its run', stories: { a: 'ppsss', b: 'pp..s' }, kind: 'lost' },
  { what: 'neither is down yet', stories: { a: 'ppss', b: 'ppss' }, kind: 'clear' },
  { what: 'one dies, the other answers', stories: { a: 'ppsss', b: 'ppppp' }, kind: 'clear' },
  {
    what: 'one dies, the other has not been asked since',
    stories: { a: 'ppsss', b: 'pp...' },
    kind: 'unproven',
  },
  { what: 'both refuse', stories: { a: 'pphhh', b: 'pphhh' }, kind: 'clear' },
  { what: 'one refuses, one is silent', stories: { a: 'ppsss', b: 'pphhh' }, kind: 'clear' },
  { what: 'a refusal amid the silence', stories: { a: 'ppsssss', b: 'ppsshss' }, kind: 'clear' },
  {
    what: 'two of four die: one site',
    stories: { a: 'ppsss', b: 'ppsss', c: 'ppppp', d: 'ppppp' },
    kind: 'clear',
  },
  { what: 'a single address dies', stories: { a: 'ppsss' }, kind: 'clear' },
  { what: 'two probes of one address die', stories: { 'a#1': 'ppsss', 'a#2': 'ppsss' }, kind: 'clear' },
  {
    what: 'one was dead before, the other dies',
    stories: { a: 'psssss....', b: 'pppppppsss' },
    kind: 'clear',
  },
  {
    what: 'one was dead before, the other two die',
    stories: { a: 'psssssssss', b: 'pppppppsss', c: 'pppppppsss' },
    kind: 'lost',
  },
  {
    what: 'one was refused before and is now silent, the other two die',
    stories: { a: 'phhhhhhsss', b: 'pppppppsss', c: 'pppppppsss' },
    kind: 'lost',
  },
  { what: 'nobody was ever heard', stories: { a: 'sss', b: 'sss' }, kind: 'lost' },
  { what: 'nobody was asked', stories: { a: '', b: '' }, kind: 'clear' },
  { what: 'a third was never asked', stories: { a: 'sss', b: 'sss', c: '' }, kind: 'lost' },
  { what: 'our own faults come between', stories: { a: 'ppsssoo', b: 'ppsssoo' }, kind: 'lost' },
  { what: 'our own faults are all there is', stories: { a: 'ppooo', b: 'ppooo' }, kind: 'clear' },
  {
    what: 'a hung registrar on both, while OPTIONS answers',
    stories: { 'a#1': 'ppppppp', 'a#2': 'ppsssss', 'b#1': 'ppppppp', 'b#2': 'ppsssss' },
    kind: 'clear',
  },
  {
    what: 'a slow probe has not been asked since',
    stories: { 'a#1': 'ppsss', 'a#2': 'p....', 'b#1': 'ppsss', 'b#2': '.p...' },
    kind: 'lost',
  },
  { what: 'sight came back a moment ago', stories: { a: 'ppssss', b: 'ppsssp' }, kind: 'clear' },
])('$kind when $what', ({ stories, kind }) => {
  expect(sight(stories as unknown as Record<string, string>).kind).toBe(kind)
})

test('unproven names who should be asked, and does not last', () => {
  const stories = { a: 'ppsss', b: 'pp...', c: 'pp..s' }
  expect(sight(stories)).toEqual({ kind: 'unproven', ask: ['b'], untilMs: 7500 })
  expect(sight(stories, 2499).kind).toBe('unproven')
  expect(sight(stories, 2500).kind).toBe('clear')
})

test('any sign of life at the end is sight, whatever came before', () => {
  const story = fc.string({ unit: fc.constantFrom('p', 's', 'h', 'o', '.'), maxLength: 20 })
  fc.assert(
    fc.property(
      fc.array(story, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('p', 'h'),
      (stories, sign) => {
        const watched = stories.map((each, at) => ({ id: `t${at}`, state: healthAfter(each) }))
        const lively = { id: 'lively', state: healthAfter(`${'.'.repeat(20)}${sign}`) }
        expect(sightOf([...watched, lively], 21_000).kind).not.toBe('lost')
      },
    ),
    { seed: 20260806, numRuns: 500 },
  )
})

test('everybody falling silent at any phase ends in lost sight, and stays so', () => {
  const life = fc.string({ unit: fc.constantFrom('p', '.'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(
      fc.array(life, { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 3, max: 30 }),
      (lives, length) => {
        const end = Math.max(...lives.map((each) => each.length))
        const watched = lives.map((each, at) => ({
          id: `t${at}`,
          state: healthAfter(`p${each.padEnd(end, '.')}${'s'.repeat(length)}`),
        }))
        expect(sightOf(watched, 100_000).kind).toBe('lost')
      },
    ),
    { seed: 20260807, numRuns: 300 },
  )
})

test.each([
  { what: 'dead before', story: 'psss....ss', status: 'down', fails: 5 },
  { what: 'died while blind', story: 'ppppp.ssss', status: 'unknown', fails: 0 },
  { what: 'died while blind, passed once', story: 'ppppp.sssp', status: 'up', fails: 0 },
  { what: 'died while blind, then refused', story: 'ppppp.sssh', status: 'unknown', fails: 1 },
  { what: 'in a run', story: 'ppppp...ss', status: 'up', fails: 0 },
  { what: 'alive', story: 'pppppppppp', status: 'up', fails: 0 },
])('when sight is back, what $what is $status with $fails fails', ({ story, status, fails }) => {
  const before = healthAfter(story)
  const state = forgetBlindness(before, 5000, 20_000)
  expect(state).toMatchObject({ status, fails, loss: before.loss })
  // A real death is found anew by `fall` fails, no later.
  if (status !== 'down') {
    let next = state
    for (let at = fails; at < 3; at++) {
      expect(next.status).not.toBe('down')
      next = step(next, SEEN.h, { rise: 2, fall: 3 }, 21_000 + at)
    }
    expect(next.status).toBe('down')
  }
})

test('the last sign of life is the latest of all, refusals included', () => {
  const watched = ['pphsss', 'ppssss', ''].map((story, at) => ({ id: `${at}`, state: healthAfter(story) }))
  expect(sightOf(watched, 7000)).toEqual({ kind: 'lost', lastHeardMs: 3000 })
  expect(sightOf([], 7000)).toEqual({ kind: 'clear' })
})
