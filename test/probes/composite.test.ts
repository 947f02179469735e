import { describe, expect, test } from 'vitest'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { all } from '../../src/probes/all.ts'
import { any } from '../../src/probes/any.ts'
import { tally } from '../../src/probes/composite/tally.ts'
import type { AskContext, ProbeDeps, Prober } from '../../src/probes/definition.ts'
import { quorum } from '../../src/probes/quorum.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const P = outcome('ok', { attempts: 1 })
const F = outcome('timeout', { attempts: 2 })
const H = outcome('refused', { attempts: 1 })
const I = outcome('no-route', { attempts: 0 })

/** `P H`: a passes, b is refused. */
function said(word: string) {
  const letters: Record<string, Outcome> = { P, F, H, I }
  return word.split('').map((letter, at) => ({ name: 'abcd'[at] ?? '', outcome: letters[letter] ?? P }))
}

describe('what members come to', () => {
  test.each([
    ['PPP', 'all', 'ok'],
    ['PFP', 'all', 'timeout'],
    ['FH', 'all', 'refused'],
    ['PI', 'all', 'ok'],
    ['FI', 'all', 'timeout'],
    ['II', 'all', 'no-route'],
    ['PFF', 1, 'ok'],
    ['FF', 1, 'timeout'],
    ['FHF', 1, 'refused'],
    ['FI', 1, 'no-route'],
    ['PI', 1, 'ok'],
    ['PPF', 2, 'ok'],
    ['PFF', 2, 'timeout'],
    ['PFI', 2, 'no-route'],
    ['FFI', 2, 'timeout'],
    ['PPI', 2, 'ok'],
    ['III', 2, 'no-route'],
  ] as const)('%s with %s needed: %s', (word, need, reason) => {
    expect(tally(said(word), need).reason).toBe(reason)
  })

  test('says who said what', () => {
    expect(tally(said('PHI'), 'all').detail).toBe('a passes, b fails (refused), c cannot tell (no-route)')
  })

  test.each<[string, number | 'all', number]>([
    ['1 1 1', 'all', 1],
    ['1 2 1', 'all', 2],
    ['1 -2 1', 'all', 2],
    // A dead member beside enough living ones has lost nothing on the way to these.
    ['1 -2 1', 1, 1],
    ['1 -2 1', 2, 1],
    ['2 3 1', 1, 1],
    ['2 3 1', 2, 2],
    ['2 3 1', 3, 3],
    // One of three is needed: were the others dead, one alone is silent by chance.
    ['-1 -2 -2', 1, 1],
    ['-1 -2 -3', 2, 2],
    ['3 -1 -2', 2, 1],
    ['-1 -2', 3, 2],
  ])(
    '%s transmissions (less than none: in silence) are as many as it turns on with %s needed: %i',
    (words, need, attempts) => {
      const members = words.split(' ').map((word, at) => ({
        name: 'abc'[at] ?? '',
        outcome: outcome(word.startsWith('-') ? 'timeout' : 'ok', { attempts: Math.abs(Number(word)) }),
      }))
      expect(tally(members, need).attempts).toBe(attempts)
    },
  )

  test('is as quick and as good as the best that were needed', () => {
    const slow = outcome('ok', { attempts: 1, rttMs: 300, impaired: 'took 300 ms, more than 200 ms' })
    const quick = outcome('ok', { attempts: 1, rttMs: 10 })
    const both = [
      { name: 'a', outcome: slow },
      { name: 'b', outcome: quick },
    ]
    expect(tally(both, 1)).toMatchObject({ rttMs: 10 })
    expect(tally(both, 1).impaired).toBeUndefined()
    expect(tally(both, 'all')).toMatchObject({ rttMs: 300, impaired: 'a: took 300 ms, more than 200 ms' })
  })

  test('passes on how long an overloaded member wants to be left alone', () => {
    const overloaded = outcome('overload', { attempts: 1, status: 503, retryAfterMs: 5000 })
    expect(tally([{ name: 'a', outcome: overloaded }], 'all')).toMatchObject({
      status: 503,
      retryAfterMs: 5000,
    })
  })
})

function bench(answers: Readonly<Record<string, Outcome>>) {
  const time = new VirtualTime()
  const asked: string[] = []
  const members = (name: string): Prober => ({
    requests: name === 'push' ? 0 : 2,
    start: async () => {},
    close: async () => {},
    async ask(_target, _address, context: AskContext) {
      asked.push(`${name} ${time.nowMs()}`)
      context.trace?.({ direction: 'sent', text: 'hello' })
      await new Promise<void>((resolve) => time.after(100, resolve))
      return answers[name] ?? P
    },
  })
  const sip = createSipTransports({ clock: time, timers: time })
  return { time, asked, deps: probeDeps({ clock: time, timers: time, sip, prober: members }) }
}

describe('the composite probes', () => {
  test('ask all members at once, each traced by its name', async () => {
    const { time, asked, deps } = bench({ b: H })
    const prober = any.create({ of: ['a', 'b'] }, deps)
    const texts: string[] = []
    const answer = prober.ask(labTarget(1), '127.0.0.1', {
      timeoutMs: 1000,
      trace: ({ direction, text }) => texts.push(`${direction} ${text}`),
    })
    await time.advance(100)
    expect(await answer).toMatchObject({ result: 'pass', detail: 'a passes, b fails (refused)' })
    expect(asked).toEqual(['a 0', 'b 0'])
    expect(texts).toEqual(['sent a: hello', 'sent b: hello', 'note a passes, b fails (refused)'])
  })

  test.each([
    ['all of two', (deps: ProbeDeps) => all.create({ of: ['a', 'b'] }, deps), 'fail'],
    ['any of two', (deps: ProbeDeps) => any.create({ of: ['a', 'b'] }, deps), 'pass'],
    ['two of three', (deps: ProbeDeps) => quorum.create({ of: ['a', 'b', 'c'], need: 2 }, deps), 'pass'],
    ['three of three', (deps: ProbeDeps) => quorum.create({ of: ['a', 'b', 'c'], need: 3 }, deps), 'fail'],
  ])('%s, with b down', async (_what, create, result) => {
    const { time, deps } = bench({ b: H })
    const answer = create(deps).ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
    await time.advance(100)
    expect((await answer).result).toBe(result)
  })

  test('need as many requests as their members together', () => {
    const { deps } = bench({})
    expect(all.create({ of: ['a', 'b', 'push'] }, deps).requests).toBe(4)
  })

  test.each([
    [all, {}],
    [all, { of: [] }],
    [all, { of: ['a', 'a'] }],
    [any, { of: ['a'], need: 1 }],
    [quorum, { of: ['a', 'b'] }],
    [quorum, { of: ['a', 'b'], need: 3 }],
    [quorum, { of: ['a'], need: 0 }],
  ])('%# is refused', (definition, given) => {
    expect(definition.options.safeParse(given).success).toBe(false)
  })
})
