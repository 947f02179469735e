/** What every kind of probe owes its caller. Runs over the registry: a new kind is held to it without a line here. */
import { getActiveResourcesInfo } from 'node:process'
import { afterEach, describe, expect, test } from 'vitest'
import { type Outcome, outcome, REASONS } from '../../src/core/outcome.ts'
import type { Clock, Timers } from '../../src/core/ports.ts'
import type { Target } from '../../src/core/target.ts'
import type { Prober } from '../../src/probes/definition.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'
import { casesOf } from './probe-cases.ts'
import type { Conduct, ProbeCase, World } from './probe-worlds.ts'

const cases = casesOf(probeDefinitions.values())

class CountedTimers implements Timers {
  pending = 0

  after(delayMs: number, fire: () => void): () => void {
    this.pending++
    let over = false
    const end = () => {
      if (!over) this.pending--
      over = true
    }
    const cancel = realTime.after(delayMs, () => {
      end()
      fire()
    })
    return () => {
      end()
      cancel()
    }
  }
}

interface Rig {
  readonly prober: Prober
  readonly timers: CountedTimers
  readonly sip: SipTransports
  readonly world: World
  /** Whose ports are those of the world. */
  target(rest?: Partial<Target>): Target
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Undefined where this kind says, in the way it has to, that it cannot work on this system. */
async function rig(each: ProbeCase, conduct: Conduct): Promise<Rig | undefined> {
  const timers = new CountedTimers()
  const clock: Clock = realTime
  const sip = createSipTransports({ clock, timers })
  const world = await each.open(conduct)
  const options = each.definition.options.parse(world.options)
  const prober = each.definition.create(
    options,
    probeDeps({ clock, timers, sip, ...world.deps?.({ clock, timers, sip }) }),
  )
  cleanups.push(
    () => world.close(),
    () => sip.close(),
    () => prober.close(),
  )
  const usable = await prober.start().then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'SipvaneError', code: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/) })
      return false
    },
  )
  const target = (rest: Partial<Target> = {}) => labTarget(1, { ports: world.ports, ...rest })
  return usable ? { prober, timers, sip, world, target } : undefined
}

function expectSound(given: Outcome): void {
  expect(Object.keys(REASONS)).toContain(given.reason)
  expect(given.result).toBe(outcome(given.reason, { attempts: 0 }).result)
  expect(Number.isInteger(given.attempts) && given.attempts >= 0).toBe(true)
  expect(given.detail ?? '').toMatch(/^[\x20-\x7e]{0,200}$/)
  if (given.rttMs !== undefined) expect(given.rttMs).toBeGreaterThanOrEqual(0)
  if (given.result === 'pass') expect(given.attempts).toBeGreaterThan(0)
}

/** What keeps the process alive, but for the runner's own. */
function handles(): number {
  return getActiveResourcesInfo().filter((name) =>
    /^(?:UDPWrap|TCPSocketWrap|PipeWrap|ProcessWrap)$/.test(name),
  ).length
}

describe.each(cases)('$name', (each) => {
  test('says what it proves and what it costs', () => {
    expect(each.definition.summary).toMatch(/proves/)
    expect(each.definition.summary).toMatch(/[Cc]osts/)
    expect(each.definition.kind).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })

  test('refuses a key it does not know, and anything but an object', () => {
    const schema = each.definition.options
    expect(schema.safeParse(each.options).success).toBe(true)
    expect(schema.safeParse({ ...each.options, surely: 'unknown' }).success).toBe(false)
    for (const bad of [null, 'x', 1, []]) expect(schema.safeParse(bad).success).toBe(false)
  })

  test('a server that works passes', async () => {
    const made = await rig(each, 'works')
    if (made === undefined) return
    const { prober, timers, sip, target } = made
    const answer = await prober.ask(target(), '127.0.0.1', { timeoutMs: 3000 })
    expectSound(answer)
    expect(answer.result).toBe('pass')
    await prober.close()
    await sip.close()
    expect(timers.pending).toBe(0)
  })

  test.each([
    'hangs',
    'answers garbage',
    'breaks off',
    'resets every connection',
    'answers hostile text',
  ] as const)('a server that %s gives a sound outcome within the time-out', async (conduct) => {
    const made = await rig(each, conduct)
    if (made === undefined) return
    const { prober, target } = made
    const startMs = realTime.nowMs()
    const answer = await prober.ask(target(), '127.0.0.1', { timeoutMs: 200 })
    expectSound(answer)
    expect(answer.result).not.toBe('inconclusive')
    expect(realTime.nowMs() - startMs).toBeLessThan(200 + 500)
  })

  test.skipIf(each.asksNobody)('a server that is gone gives a sound outcome', async () => {
    const made = await rig(each, 'works')
    if (made === undefined) return
    const { prober, world, target } = made
    await world.close()
    const answer = await prober.ask(target(), '127.0.0.1', { timeoutMs: 200 })
    expectSound(answer)
    if (answer.result !== 'pass') expect(answer).toMatchObject({ reason: 'refused' })
  })

  test.skipIf(each.asksNobody)('a fault of our own side never counts against the target', async () => {
    const made = await rig(each, 'works')
    if (made === undefined) return
    const { prober, target } = made
    const answer = await prober.ask(target({ source: '192.0.2.77' }), '127.0.0.1', { timeoutMs: 1000 })
    expectSound(answer)
    expect(answer).toMatchObject({ result: 'inconclusive', reason: 'no-route', attempts: 0 })
  })

  test('a withdrawn question is inconclusive at once, before it starts and while it runs', async () => {
    const made = await rig(each, 'hangs')
    if (made === undefined) return
    const { prober, target } = made
    const before = { timeoutMs: 60_000, signal: AbortSignal.abort() }
    expect(await prober.ask(target(), '127.0.0.1', before)).toMatchObject({ reason: 'aborted', attempts: 0 })
    if (each.asksNobody === true) return
    const controller = new AbortController()
    const answer = prober.ask(target(), '127.0.0.1', { timeoutMs: 60_000, signal: controller.signal })
    controller.abort()
    const withdrawn = await answer
    expectSound(withdrawn)
    expect(withdrawn).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
  })

  test('after closing, twice, no timer and no handle is left', async () => {
    const before = handles()
    const made = await rig(each, 'works once, then is silent')
    if (made === undefined) return
    const { prober, timers, sip, world, target } = made
    for (const timeoutMs of [2000, 30, 30]) await prober.ask(target(), '127.0.0.1', { timeoutMs })
    await prober.close()
    await prober.close()
    await sip.close()
    await world.close()
    cleanups.length = 0
    expect(timers.pending).toBe(0)
    await until(() => handles() <= before, 'every handle to be gone')
  })

  test('many questions at once do not disturb each other', async () => {
    const made = await rig(each, 'works')
    if (made === undefined) return
    const { prober, target } = made
    const asked = Array.from({ length: 50 }, () => prober.ask(target(), '127.0.0.1', { timeoutMs: 5000 }))
    for (const answer of await Promise.all(asked)) expect(answer.result).toBe('pass')
  })

  test('the trace is printable', async () => {
    const made = await rig(each, 'works, with an escape sequence in its words')
    if (made === undefined) return
    const { prober, target } = made
    const texts: string[] = []
    await prober.ask(target(), '127.0.0.1', { timeoutMs: 3000, trace: (step) => texts.push(step.text) })
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })
})
