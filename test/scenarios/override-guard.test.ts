import { expect, test } from 'vitest'
import { Engine } from '../../src/app/engine.ts'
import { NO_MEMORY } from '../../src/app/memory.ts'
import type { TargetId } from '../../src/core/brand.ts'
import { outcome, type ReasonCode } from '../../src/core/outcome.ts'
import { Pacer } from '../../src/publishers/reconcile/pacer.ts'
import { Updater } from '../../src/publishers/reconcile/updater.ts'
import { MemoryProvider } from '../support/memory-provider.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { seededRandom, VirtualTime } from '../support/virtual-time.ts'

/** One name goes by pool `one`, nine by pool `nine`; each has a primary and two standbys. */
const CONFIG = `
node: ns1
probes:
  options: { type: sip-options, interval: 1s, rise: 2, fall: 3 }
pools:
${['one', 'nine']
  .map(
    (pool, index) => `  ${pool}:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 60s }
    targets:
      sip1: { address: 192.0.2.${10 * index + 11}, priority: 10 }
      sip2: { address: 192.0.2.${10 * index + 12}, priority: 20 }
      sip3: { address: 192.0.2.${10 * index + 13}, priority: 30 }`,
  )
  .join('\n')}
zones:
  voice.example.com:
    ttl: 60s
    publish: [memory]
    answers:
      - { name: a0, type: A, pool: one }
${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => `      - { name: a${at}, type: A, pool: nine }`).join('\n')}
providers:
  memory: { type: route53, hostedZoneId: Z0123456789ABCDEFGHIJ }
`

const PRIMARIES = ['192.0.2.11', ...Array<string>(9).fill('192.0.2.21')]
const STANDBYS = ['192.0.2.12', ...Array<string>(9).fill('192.0.2.22')]

async function stage(provider = new MemoryProvider(), memory = NO_MEMORY) {
  const time = new VirtualTime(1_800_000_000_000)
  const logger = recordingLogger()
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, time, time)
  const updater = new Updater(
    provider,
    { name: 'memory', owner: 'ns1', marks: 'txt', adopt: false, dryRun: false, maxChange: { percent: 20 } },
    { clock: time, timers: time, random: seededRandom(7), logger, pace },
  )
  const engine = new Engine(settingsOf(CONFIG), memory, {
    clock: time,
    timers: time,
    logger,
    defer: queueMicrotask,
    hasten: () => {},
    publish: (snapshot) => updater.publish(snapshot),
  })
  const see = async (pattern: RegExp, reason: ReasonCode, times = 3) => {
    for (let at = 0; at < times; at++) {
      for (const watch of engine.roster.watches.values())
        if (pattern.test(watch.key)) engine.observe(watch, outcome(reason, { attempts: 1 }))
      await time.advance(1)
    }
  }
  const say = (target: string, kind: 'drain' | 'down' | 'up' | 'auto') =>
    engine.setOverride(target as TargetId, kind === 'auto' ? undefined : { kind })
  /** What the provider has at a0 to a9. */
  const there = () =>
    [...provider.sets.values()]
      .filter((set) => set.type === 'A')
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((set) => set.records.map((rdata) => ('address' in rdata ? rdata.address : '')).join())
  await see(/./, 'ok')
  engine.flush()
  await time.advance(1_000)
  return { time, logger, provider, updater, engine, see, say, there }
}

test('ten of ten sets that a drain moves pass a maxChange of 20 %, and the log says so once', async () => {
  const { time, say, there, updater, logger } = await stage()
  expect(there()).toEqual(PRIMARIES)
  say('one/sip1', 'drain')
  say('nine/sip1', 'drain')
  await time.advance(1_000)
  expect(there()).toEqual(STANDBYS)
  expect(updater.report().state).toBe('converged')
  expect(logger.messagesOf('provider.override-passes')).toEqual([
    "memory: 10 of 10 record sets change by an operator's word; maxChange, which allows 2 (20 %), does not count them",
  ])
  expect(logger.messagesOf('updater.held')).toEqual([])
})

test('ten of ten sets that the machine alone would move are refused with the numbers', async () => {
  const { time, see, there, updater, logger } = await stage()
  await see(/sip1/, 'refused')
  await time.advance(1_000)
  expect(there()).toEqual(PRIMARIES)
  const held = '10 of 10 record sets would change; maxChange allows 2 (20 %)'
  expect(updater.report()).toMatchObject({ state: 'held', held })
  expect(logger.messagesOf('updater.held')).toEqual([`memory: nothing is changed: ${held}`])
  expect(logger.messagesOf('provider.override-passes')).toEqual([])
})

test('of one set drained and nine that the machine would move, the one is moved and the nine are held', async () => {
  const { time, see, say, there, updater, logger } = await stage()
  await see(/nine\/sip1/, 'refused')
  say('one/sip1', 'drain')
  await time.advance(1_000)
  expect(there()).toEqual([STANDBYS[0], ...PRIMARIES.slice(1)])
  const held = '9 of 10 record sets would change; maxChange allows 2 (20 %)'
  expect(updater.report()).toMatchObject({ state: 'held', held, pending: { update: 9 } })
  expect(logger.messagesOf('updater.held')).toContain(
    `memory: only an operator's word is carried out: ${held}`,
  )
})

test('nine sets drained and one that the machine moves are all moved', async () => {
  const { time, see, say, there } = await stage()
  await see(/one\/sip1/, 'refused')
  say('nine/sip1', 'drain')
  await time.advance(1_000)
  expect(there()).toEqual(STANDBYS)
})

test('an operator who confirms what the machine may not do alone gets it done', async () => {
  const { time, see, say, there } = await stage()
  await see(/sip1/, 'refused')
  await time.advance(1_000)
  expect(there()).toEqual(PRIMARIES)
  say('nine/sip1', 'down')
  await time.advance(1_000)
  expect(there()).toEqual(STANDBYS)
})

test('the end of a drain passes as well, when failback lets the primary take over a minute later', async () => {
  const { time, say, there, updater } = await stage()
  say('nine/sip1', 'drain')
  await time.advance(3_600_000)
  expect(there()).toEqual([PRIMARIES[0], ...STANDBYS.slice(1)])
  say('nine/sip1', 'auto')
  await time.advance(59_000)
  expect(there()).toEqual([PRIMARIES[0], ...STANDBYS.slice(1)])
  await time.advance(2_000)
  expect(there()).toEqual(PRIMARIES)
  expect(updater.report().state).toBe('converged')
})

test('an old drain elsewhere in the pool does not let the machine pass', async () => {
  const { time, see, say, there, updater } = await stage()
  say('nine/sip3', 'drain')
  await time.advance(3_600_000)
  await see(/nine\/sip1/, 'refused')
  await time.advance(1_000)
  const held = '9 of 10 record sets would change; maxChange allows 2 (20 %)'
  expect(updater.report()).toMatchObject({ state: 'held', held })
  expect(there()).toEqual(PRIMARIES)
})

test('a death in the same set while another target is drained counts as of the machine, and is held', async () => {
  const { time, see, say, there, provider, updater } = await stage()
  let open = () => {}
  provider.gate = () =>
    new Promise((resolve) => {
      open = resolve
    })
  await see(/nine\/sip2/, 'refused')
  say('nine/sip1', 'drain')
  await time.advance(1_000)
  provider.gate = async () => {}
  open()
  await time.advance(1_000)
  // The third one would serve, because of both.
  expect(updater.report().state).toBe('held')
  expect(there()).toEqual(PRIMARIES)
})

test('a drain that a restart interrupted passes after it', async () => {
  const first = await stage()
  first.provider.gate = () => new Promise(() => {})
  first.say('one/sip1', 'drain')
  first.say('nine/sip1', 'drain')
  await first.time.advance(1_000)
  expect(first.there()).toEqual(PRIMARIES)
  first.provider.gate = async () => {}
  const second = await stage(first.provider, first.engine.memory())
  expect(second.there()).toEqual(STANDBYS)
})
