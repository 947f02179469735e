/** What every kind of probe owes its caller. Runs over the registry: a new kind is held to it without a line here. */
import { getActiveResourcesInfo } from 'node:process'
import { afterEach, describe, expect, test } from 'vitest'
import { type Outcome, outcome, REASONS } from '../../src/core/outcome.ts'
import type { Clock, Timers } from '../../src/core/ports.ts'
import type { ProbeDefinition, Prober } from '../../src/probes/definition.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import type { SipTransports } from '../../src/probes/transport/sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import * as lab from '../support/sip-behaviours.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'
import { labTarget } from '../support/sip-targets.ts'

/** Each kind, and each transport of SIP, is a case of its own. */
const cases: { name: string; definition: ProbeDefinition; options: Record<string, unknown> }[] = []
for (const definition of probeDefinitions.values()) {
  cases.push({ name: definition.kind, definition, options: {} })
  for (const transport of ['tcp', 'tls']) {
    const options = { transport, ...(transport === 'tls' ? { verify: false } : {}) }
    if (!definition.options.safeParse(options).success) continue
    cases.push({ name: `${definition.kind} over ${transport}`, definition, options })
  }
}

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
  /** false: this kind says that it cannot work on this system, in the way it has to. */
  readonly usable: boolean
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function rig({ definition, options }: (typeof cases)[number]): Promise<Rig> {
  const timers = new CountedTimers()
  const clock: Clock = realTime
  const sip = createSipTransports({ clock, timers })
  const prober = definition.create(definition.options.parse(options), probeDeps({ clock, timers, sip }))
  cleanups.push(
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
  return { prober, timers, sip, usable }
}

/** One server a transport, all on one port number, so that any kind finds what it asks for. */
async function servers(
  behaviour: lab.Behaviour,
): Promise<{ port: number; all: SipServer[]; close(): Promise<void> }> {
  const udp = await createSipServer({ transport: 'udp' })
  const tcp = await createSipServer({ transport: 'tcp' })
  const tls = await createSipServer({ transport: 'tls' })
  const all = [udp, tcp, tls]
  for (const server of all) server.behave(behaviour)
  const close = async () => {
    await Promise.all(all.map((server) => server.close()))
  }
  cleanups.push(close)
  return { port: 0, all, close }
}

function targetOf(all: readonly SipServer[], rest: Parameters<typeof labTarget>[1] = {}) {
  const [udp = 1, tcp = 1, tls = 1] = all.map((server) => server.port)
  return labTarget(1, { ports: { udp, tcp, tls, ws: tcp, wss: tls }, ...rest })
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
    const { prober, usable, timers, sip } = await rig(each)
    if (!usable) return
    const { all } = await servers(lab.status(200))
    const answer = await prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 3000 })
    expectSound(answer)
    expect(answer.result).toBe('pass')
    await prober.close()
    await sip.close()
    expect(timers.pending).toBe(0)
  })

  test.each([
    ['a server that hangs', lab.halfOpen],
    ['garbage', lab.garbage(500)],
    ['a server that breaks off', lab.resetMidway],
    ['a server that resets every connection', lab.resetOnConnect],
    ['hostile text', lab.status(599, { phrase: `\x1b]0;${'x'.repeat(3000)}\x07` })],
  ])('%s gives a sound outcome within the time-out', async (_what, behaviour) => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all } = await servers(behaviour)
    const startMs = realTime.nowMs()
    const answer = await prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 200 })
    expectSound(answer)
    expect(answer.result).not.toBe('inconclusive')
    expect(realTime.nowMs() - startMs).toBeLessThan(200 + 500)
  })

  test('a server that is gone gives a sound outcome', async () => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all, close } = await servers(lab.silence)
    await close()
    const answer = await prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 200 })
    expectSound(answer)
    if (answer.result !== 'pass') expect(answer).toMatchObject({ reason: 'refused' })
  })

  test('a fault of our own side never counts against the target', async () => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all } = await servers(lab.status(200))
    const target = targetOf(all, { source: '192.0.2.77' })
    const answer = await prober.ask(target, '127.0.0.1', { timeoutMs: 1000 })
    expectSound(answer)
    expect(answer).toMatchObject({ result: 'inconclusive', reason: 'no-route', attempts: 0 })
  })

  test('a withdrawn question is inconclusive at once, before it starts and while it runs', async () => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all } = await servers(lab.halfOpen)
    const before = { timeoutMs: 60_000, signal: AbortSignal.abort() }
    expect(await prober.ask(targetOf(all), '127.0.0.1', before)).toMatchObject({
      reason: 'aborted',
      attempts: 0,
    })
    const controller = new AbortController()
    const answer = prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 60_000, signal: controller.signal })
    controller.abort()
    const withdrawn = await answer
    expectSound(withdrawn)
    expect(withdrawn).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
  })

  test('after closing, twice, no timer and no handle is left', async () => {
    const before = handles()
    const { prober, usable, timers, sip } = await rig(each)
    if (!usable) return
    const { all, close } = await servers(lab.inTurn(lab.status(200), lab.silence))
    for (const timeoutMs of [2000, 30, 30]) await prober.ask(targetOf(all), '127.0.0.1', { timeoutMs })
    await prober.close()
    await prober.close()
    await sip.close()
    await close()
    cleanups.length = 0
    expect(timers.pending).toBe(0)
    await until(() => handles() <= before, 'every handle to be gone')
  })

  test('many questions at once do not disturb each other', async () => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all } = await servers(lab.status(200))
    const asked = Array.from({ length: 50 }, () =>
      prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 5000 }),
    )
    for (const answer of await Promise.all(asked)) expect(answer.result).toBe('pass')
  })

  test('the trace is printable', async () => {
    const { prober, usable } = await rig(each)
    if (!usable) return
    const { all } = await servers(lab.status(200, { phrase: '\x1b[31mred' }))
    const texts: string[] = []
    await prober.ask(targetOf(all), '127.0.0.1', { timeoutMs: 3000, trace: (step) => texts.push(step.text) })
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })
})
