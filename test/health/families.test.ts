import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import type { Watched } from '../../src/health/sight.ts'
import { outlookOf } from '../support/outlook.ts'

const SEEN = {
  p: outcome('ok', { attempts: 1 }),
  s: outcome('timeout', { attempts: 2 }),
  h: outcome('refused', { attempts: 1 }),
}

function healthAfter(story: string): HealthState {
  let state = initialHealth(0)
  ;[...story].forEach((letter, at) => {
    const seen = SEEN[letter as keyof typeof SEEN]
    if (seen !== undefined) state = step(state, seen, { rise: 2, fall: 3 }, (at + 1) * 1000)
  })
  return state
}

/** Keys: `a4`, `a6`: the host and the family; `s4!`: a sentinel. */
function outlook(stories: Record<string, string>) {
  const watched = Object.entries(stories).map(
    ([key, story]): Watched => ({
      id: key[0] ?? '',
      family: key[1] === '6' ? 6 : 4,
      ...(key.endsWith('!') ? { sentinel: true } : {}),
      state: healthAfter(story),
    }),
  )
  const { sight, lostFamilies } = outlookOf(watched, 5000)
  return `${sight.kind} ${lostFamilies.map(({ family }) => family).join()}`.trim()
}

test.each([
  { what: 'all answer', stories: { a4: 'ppppp', a6: 'ppppp', b4: 'ppppp', b6: 'ppppp' }, is: 'clear' },
  {
    what: 'IPv6 falls silent everywhere',
    stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp', b6: 'ppsss' },
    is: 'clear 6',
  },
  {
    what: 'IPv4 falls silent everywhere',
    stories: { a4: 'ppsss', a6: 'ppppp', b4: 'ppsss', b6: 'ppppp' },
    is: 'clear 4',
  },
  { what: 'both fall silent', stories: { a4: 'ppsss', a6: 'ppsss', b4: 'ppsss', b6: 'ppsss' }, is: 'lost' },
  {
    what: 'one host loses its IPv6',
    stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp', b6: 'ppppp' },
    is: 'clear',
  },
  {
    what: 'the other IPv6 was not asked since',
    stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp', b6: 'pp...' },
    is: 'unproven',
  },
  { what: 'a single host has IPv6', stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp' }, is: 'clear' },
  {
    what: 'a sentinel answers over IPv6',
    stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp', b6: 'ppsss', 's6!': 'ppppp' },
    is: 'clear',
  },
  {
    what: 'IPv6 is refused somewhere: that came over IPv6',
    stories: { a4: 'ppppp', a6: 'ppsss', b4: 'ppppp', b6: 'pphhh' },
    is: 'clear',
  },
  {
    what: 'a single target and the sentinel fall silent',
    stories: { a4: 'ppsss', 's4!': 'ppsss' },
    is: 'lost',
  },
  {
    what: 'a single target dies, the sentinel answers',
    stories: { a4: 'ppsss', 's4!': 'ppppp' },
    is: 'clear',
  },
  {
    what: 'a single target dies, the sentinel was not asked since',
    stories: { a4: 'ppsss', 's4!': 'pp...' },
    is: 'unproven',
  },
  {
    what: 'the sentinels alone fall silent',
    stories: { a4: 'ppppp', 's4!': 'ppsss', 't4!': 'ppsss' },
    is: 'clear',
  },
  {
    what: 'a sentinel that never answered, and a single target',
    stories: { a4: 'pppppppsss', 's4!': 'ssssssssss' },
    is: 'clear',
  },
] as { what: string; stories: Record<string, string>; is: string }[])(
  '$is, when $what',
  ({ stories, is }) => {
    expect(outlook(stories)).toBe(is)
  },
)
