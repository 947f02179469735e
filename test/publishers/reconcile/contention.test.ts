import { describe, expect, it } from 'vitest'
import { Contention } from '../../../src/publishers/reconcile/contention.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { Updater } from '../../../src/publishers/reconcile/updater.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { seededRandom, VirtualTime } from '../../support/virtual-time.ts'
import { snapshotOf } from './support.ts'

const MINUTE_MS = 60_000
const PRIMARY =
  '@ IN A 192.0.2.11\n_sip._udp IN SRV 10 100 5060 sip1\nsip1 IN A 192.0.2.11\nsip2 IN A 192.0.2.12'
const STANDBY = PRIMARY.replace('@ IN A 192.0.2.11', '@ IN A 192.0.2.12').replace('5060 sip1', '5060 sip2')

/** Several updaters of one zone with one owner, each with a resync every five minutes. */
function stage(count = 2) {
  const time = new VirtualTime(1_000_000)
  const provider = new MemoryProvider()
  const nodes = Array.from({ length: count }, (_, at) => {
    const logger = recordingLogger()
    const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, time, time)
    const updater = new Updater(
      provider,
      { name: 'memory', owner: 'ns1', marks: 'txt', adopt: false, dryRun: false },
      { clock: time, timers: time, random: seededRandom(at), logger, pace },
    )
    return { updater, logger }
  })
  /** In steps, since each lets a few turns of promises through. */
  const pass = async (ms: number) => {
    for (let step = 0; step < 10; step++) await time.advance(ms / 10)
  }
  /** In minutes; the resyncs come one second apart. */
  const run = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 5) {
      for (const { updater } of nodes) {
        updater.resync()
        await pass(1_000)
      }
      await pass(5 * MINUTE_MS - nodes.length * 1_000)
    }
  }
  const changes = () => provider.calls.filter((call) => call !== 'read' && call !== 'open')
  const apex = () => {
    const [rdata] = provider.sets.get('voice.example.com. A')?.records ?? []
    return rdata?.type === 'A' ? rdata.address : undefined
  }
  return { pass, provider, nodes, run, changes, apex }
}

describe('two instances with one owner', () => {
  it('that see the same make each change once, and never fight', async () => {
    const { pass, provider, nodes, run, changes, apex } = stage()
    const random = seededRandom(42)
    let made = 0
    for (let decision = 0; decision < 40; decision++) {
      const text = decision % 2 === 0 ? PRIMARY : STANDBY
      const before = changes().length
      for (const { updater } of nodes) {
        updater.publish(snapshotOf(text))
        await pass(Math.floor(random.next() * 200))
      }
      await run(5)
      expect(apex()).toBe(decision % 2 === 0 ? '192.0.2.11' : '192.0.2.12')
      made += 1
      // The one that came second is told of a conflict, reads, and has nothing left to do.
      expect(changes().length - before).toBeLessThanOrEqual(2)
    }
    expect(made).toBe(40)
    provider.calls.length = 0
    await run(120)
    expect(changes()).toEqual([])
    for (const { updater, logger } of nodes) {
      expect(updater.report()).toMatchObject({ state: 'converged', counters: { drifted: 0 } })
      expect(logger.messagesOf('provider.contended')).toEqual([])
    }
  })

  it('that see different things soon stop moving the calls to and fro, and say so', async () => {
    const { pass, nodes, run, changes } = stage()
    const [first, second] = nodes
    for (const { updater } of nodes) updater.publish(snapshotOf(PRIMARY))
    await run(10)
    first?.updater.publish(snapshotOf(STANDBY))
    await pass(1_000)
    const start = changes().length
    await run(60)
    const firstHour = changes().length - start
    await run(24 * 60)
    const perHour = (changes().length - start - firstHour) / 24
    expect(firstHour).toBeLessThanOrEqual(10)
    // Unchecked they would change the zone twelve times an hour, for ever.
    expect(perHour).toBeLessThanOrEqual(2)
    expect(perHour).toBeGreaterThan(0)
    const said = [first, second].flatMap((node) => node?.logger.messagesOf('provider.contended') ?? [])
    expect(said[0]).toMatch(
      /^memory: voice\.example\.com\. A and 1 more was put back to what it was 3 times in a row, under our own mark: another instance with the same owner sees health otherwise; it is left so for 15 minutes$/,
    )
    expect([first, second].some((node) => node?.updater.report().state === 'contended')).toBe(true)
  })

  it('that have fought carry out a decision of their own at once, and end when they agree again', async () => {
    const { pass, nodes, run, changes, apex } = stage()
    for (const { updater } of nodes) updater.publish(snapshotOf(PRIMARY))
    await run(10)
    nodes[0]?.updater.publish(snapshotOf(STANDBY))
    const heldNode = () => nodes.findIndex(({ updater }) => updater.report().state === 'contended')
    for (let times = 0; times < 24 && heldNode() < 0; times++) await run(5)
    const held = heldNode()
    expect(held).toBeGreaterThanOrEqual(0)
    const third = PRIMARY.replace('@ IN A 192.0.2.11', '@ IN A 192.0.2.13')
    nodes[held]?.updater.publish(snapshotOf(third))
    await pass(200)
    expect(apex()).toBe('192.0.2.13')
    for (const { updater } of nodes) updater.publish(snapshotOf(PRIMARY))
    await run(60)
    const settled = changes().length
    await run(240)
    expect(changes().length).toBe(settled)
    expect(nodes.map(({ updater }) => updater.report().state)).toEqual(['converged', 'converged'])
    expect(apex()).toBe('192.0.2.11')
  })
})

describe('an updater whose changes are put back', () => {
  const edit = (provider: MemoryProvider, address: string) => {
    const set = provider.sets.get('voice.example.com. A')
    if (set === undefined) throw new Error('no such set')
    provider.sets.set('voice.example.com. A', { ...set, records: [{ type: 'A', address }] })
  }

  it('mends a slip of the hand as often as it comes, so long as it is not its own former answer', async () => {
    const { pass, provider, nodes, run, apex } = stage(1)
    nodes[0]?.updater.publish(snapshotOf(PRIMARY))
    await pass(1_000)
    for (let times = 0; times < 10; times++) {
      edit(provider, `198.51.100.${times}`)
      await run(5)
      expect(apex()).toBe('192.0.2.11')
    }
  })

  it('counts anew when the reverts are more than an hour apart', () => {
    const contention = new Contention()
    for (let hour = 0; hour < 20; hour += 2) expect(contention.note(hour * 60 * MINUTE_MS)).toBeUndefined()
  })

  it('waits 15 minutes at the third revert, then 30, then an hour each', () => {
    const contention = new Contention()
    let nowMs = 0
    const waits = Array.from({ length: 7 }, () => {
      const contended = contention.note(nowMs)
      const waitMs = contended === undefined ? 0 : contended.untilMs - nowMs
      expect(contention.at(nowMs)).toEqual(contended)
      expect(contention.at(nowMs + waitMs)).toBeUndefined()
      nowMs += waitMs + 5 * MINUTE_MS
      return waitMs / MINUTE_MS
    })
    expect(waits).toEqual([0, 0, 15, 30, 60, 60, 60])
  })
})
