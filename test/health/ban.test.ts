import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { looksLikeBan } from '../../src/health/ban.ts'
import { initialHealth } from '../../src/health/machine.ts'

const up: HealthState = { ...initialHealth(0), status: 'up', passes: 9, heardAtMs: 1000 }
const silent = (failingSinceMs = 50_000): HealthState => ({
  ...initialHealth(0),
  status: 'down',
  fails: 5,
  unanswered: 10,
  heardAtMs: 40_000,
  failingSinceMs,
})
const refused: HealthState = { ...silent(), hardFails: 5 }
const never: HealthState = { ...initialHealth(0), status: 'down', fails: 5, unanswered: 10 }

test.each([
  { what: 'SIP is silent and ping answers', clues: { 'sip-options': silent(), icmp: up }, ban: true },
  {
    what: 'every SIP transport fell silent at once',
    clues: { 'sip-options': silent(), 'sip-register': silent(52_000), icmp: up },
    ban: true,
  },
  {
    what: 'one SIP transport answers',
    clues: { 'sip-options': silent(), 'sip-register': up, icmp: up },
    ban: false,
  },
  {
    what: 'they fell silent hours apart',
    clues: { 'sip-options': silent(), 'sip-register': silent(9_000_000), icmp: up },
    ban: false,
  },
  { what: 'SIP is refused: that is an answer', clues: { 'sip-options': refused, icmp: up }, ban: false },
  { what: 'the port is open: it hangs', clues: { 'sip-options': silent(), tcp: up, icmp: up }, ban: false },
  { what: 'nothing answers at all', clues: { 'sip-options': silent(), icmp: silent() }, ban: false },
  { what: 'nobody else asks', clues: { 'sip-options': silent() }, ban: false },
  {
    what: 'it never answered: a ban takes away what was there',
    clues: { 'sip-options': never, icmp: up },
    ban: false,
  },
  { what: 'no SIP is asked', clues: { icmp: up, tcp: silent() }, ban: false },
  {
    what: 'it has begun to answer again',
    clues: { 'sip-options': { ...silent(), fails: 0, unanswered: 0, passes: 1 }, icmp: up },
    ban: false,
  },
  {
    what: 'the ping has gone unanswered as well by now',
    clues: { 'sip-options': silent(), icmp: { ...up, passes: 0, fails: 1, unanswered: 1 } },
    ban: false,
  },
  { what: 'the reporter inside still speaks', clues: { 'sip-options': silent(), push: up }, ban: false },
] as { what: string; clues: Record<string, HealthState>; ban: boolean }[])(
  'looks like a ban: $ban, when $what',
  ({ clues, ban }) => {
    expect(looksLikeBan(Object.entries(clues).map(([kind, state]) => ({ kind, state })))).toBe(ban)
  },
)
