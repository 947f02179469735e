import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { initialHealth } from '../../src/health/machine.ts'
import { isNews } from '../../src/health/news.ts'

const up: HealthState = { ...initialHealth(0), status: 'up', passes: 9 }
const down: HealthState = { ...initialHealth(0), status: 'down', fails: 3, hardFails: 3 }

test.each<{ what: string; before: HealthState; after: HealthState; news: boolean }>([
  { what: 'one more pass', before: up, after: { ...up, passes: 10, lastAtMs: 1 }, news: false },
  { what: 'one more fail while down', before: down, after: { ...down, fails: 4 }, news: false },
  { what: 'one more fail of a run', before: { ...up, fails: 1 }, after: { ...up, fails: 2 }, news: false },
  { what: 'it went down', before: { ...up, fails: 2 }, after: { ...down, fails: 3 }, news: true },
  { what: 'a first fail', before: up, after: { ...up, passes: 0, fails: 1 }, news: true },
  { what: 'the end of a run of fails', before: { ...up, fails: 2 }, after: up, news: true },
  { what: 'a first pass while down', before: down, after: { ...down, fails: 0, passes: 1 }, news: true },
  {
    what: 'a further pass while down',
    before: { ...down, fails: 0, passes: 1 },
    after: { ...down, fails: 0, passes: 2 },
    news: true,
  },
  { what: 'passes are impaired', before: up, after: { ...up, impaired: true }, news: true },
  { what: 'passes are impaired no more', before: { ...up, impaired: true }, after: up, news: true },
  { what: 'the path is poor', before: up, after: { ...up, poor: { what: 'loss' } }, news: true },
  {
    what: 'the poor path is quiet, and poor still',
    before: { ...up, poor: { what: 'loss' } },
    after: { ...up, poor: { what: 'loss', quietSinceMs: 5 } },
    news: false,
  },
  { what: 'it drains', before: down, after: { ...down, drainUntilMs: 9 }, news: true },
  {
    what: 'it drains for longer',
    before: { ...down, drainUntilMs: 9 },
    after: { ...down, drainUntilMs: 10 },
    news: true,
  },
])('$what is news: $news', ({ before, after, news }) => {
  expect(isNews(before, after)).toBe(news)
})
