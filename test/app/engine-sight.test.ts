import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/app/engine.ts'
import { NO_MEMORY } from '../../src/app/memory.ts'
import type { TargetId } from '../../src/core/brand.ts'
import { outcome, type ReasonCode } from '../../src/core/outcome.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const START_MS = 1_800_000_000_000

function set(config: string) {
  const time = new VirtualTime(START_MS)
  const logger = recordingLogger()
  const hastened: string[] = []
  const engine = new Engine(settingsOf(config), NO_MEMORY, {
    clock: time,
    timers: time,
    logger,
    defer: queueMicrotask,
    hasten: (keys) => hastened.push(...keys),
    publish: () => {},
  })
  engine.flush()
  /** One outcome for each of the watches whose key matches. */
  const see = async (pattern: RegExp, reason: ReasonCode, times = 1) => {
    for (let i = 0; i < times; i++) {
      for (const watch of engine.roster.watches.values()) {
        if (pattern.test(watch.key)) engine.observe(watch, outcome(reason, { attempts: 1 }))
      }
      await time.advance(1)
    }
  }
  const decision = (view: string) => {
    const found = engine.decisionOf(view)
    if (found === undefined) throw new Error(`no decision ${view}`)
    const members = found.members.map(
      ({ name, addresses, priority }) => `${name}@${priority} ${addresses.join(' ')}`,
    )
    return { mode: found.mode, members, why: found.why }
  }
  return { time, logger, hastened, engine, see, decision }
}

const LONE = `
probes:
  options: { type: sip-options, interval: 1s }
monitor: { sentinels: [192.0.2.53] }
pools:
  edge:
    policy: failover
    probes: [options]
    allDown: nodata
    targets: { sip1: { address: 192.0.2.11 } }
`

describe('a single target beside a sentinel', () => {
  it('is dead when it falls silent and the sentinel answers', async () => {
    const { see, decision, engine } = set(LONE)
    await see(/./, 'ok', 2)
    await see(/sip1/, 'timeout', 3)
    await see(/@sentinels/, 'ok')
    expect(engine.blind).toBe(false)
    expect(decision('edge options')).toMatchObject({ mode: 'last-resort', members: [] })
  })

  it('is not dead when the sentinel is silent, too: we are cut off', async () => {
    const { see, decision, engine, logger } = set(LONE)
    await see(/./, 'ok', 2)
    await see(/./, 'timeout', 3)
    expect(engine.blind).toBe(true)
    expect(decision('edge options')).toMatchObject({ mode: 'frozen', members: ['sip1@10 192.0.2.11'] })
    await see(/@sentinels/, 'ok')
    expect(engine.blind).toBe(false)
    expect(decision('edge options').members).toEqual(['sip1@10 192.0.2.11'])
    expect(logger.messagesOf('sight.regained')).toHaveLength(1)
  })

  it('asks the sentinel before it believes in the death', async () => {
    const { time, see, decision, hastened } = set(LONE)
    await see(/./, 'ok', 2)
    await time.advance(100)
    await see(/sip1/, 'timeout', 3)
    expect(hastened).toEqual(['@sentinels/192.0.2.53 @ping 192.0.2.53'])
    expect(decision('edge options').mode).toBe('normal')
    await see(/@sentinels/, 'ok')
    expect(decision('edge options').mode).toBe('last-resort')
  })

  it('is moved by nothing that the sentinel does alone', async () => {
    const { see, decision, logger } = set(LONE)
    await see(/./, 'ok', 2)
    await see(/@sentinels/, 'timeout', 9)
    await see(/sip1/, 'ok', 2)
    expect(decision('edge options')).toMatchObject({ mode: 'normal', members: ['sip1@10 192.0.2.11'] })
    expect(logger.messagesOf('decision.changed')).toEqual([])
    expect(logger.messagesOf('verdict.changed').filter((text) => text.includes('sentinel'))).toEqual([])
  })
})

const DUAL = `
probes:
  options: { type: sip-options, interval: 1s }
pools:
  edge:
    policy: all
    probes: [options]
    targets:
      sip1: { address: [192.0.2.11, "2001:db8::11"] }
      sip2: { address: [192.0.2.12, "2001:db8::12"] }
`
const BOTH = ['sip1@10 192.0.2.11 2001:db8::11', 'sip2@10 192.0.2.12 2001:db8::12']

describe('a monitor that loses its IPv6', () => {
  it('takes no AAAA away, says so once, and holds nothing against anybody when it is back', async () => {
    const { see, decision, engine, logger } = set(DUAL)
    await see(/./, 'ok', 2)
    for (let round = 0; round < 5; round++) {
      await see(/2001:db8/, 'timeout')
      await see(/192\.0\.2/, 'ok')
    }
    expect(engine.lostFamilies.map(({ family }) => family)).toEqual([6])
    expect(decision('edge options')).toMatchObject({ mode: 'normal', members: BOTH })
    expect(engine.verdictsOf('edge options')[0]?.why).toContain(
      'nothing at all is heard over IPv6: its silence is not counted',
    )
    await see(/2001:db8::11/, 'ok')
    expect(engine.lostFamilies).toEqual([])
    await see(/./, 'ok')
    expect(decision('edge options').members).toEqual(BOTH)
    expect(logger.messagesOf('sight.family-lost')).toHaveLength(1)
    expect(logger.messagesOf('sight.family-regained')).toHaveLength(1)
    expect(logger.messagesOf('decision.changed')).toEqual([])
  })

  it('still sees a server die over IPv4, which then leaves', async () => {
    const { see, decision } = set(DUAL)
    await see(/./, 'ok', 2)
    for (let round = 0; round < 5; round++) {
      await see(/2001:db8/, 'timeout')
      await see(/192\.0\.2/, 'ok')
    }
    await see(/sip1 options 192/, 'refused', 3)
    // Its IPv6 is out of sight, and stays as it was.
    expect(decision('edge options').members).toEqual(['sip1@10 2001:db8::11', BOTH[1]])
  })

  it('finds a death of one AAAA as ever: the others answer over IPv6', async () => {
    const { see, decision } = set(DUAL)
    await see(/./, 'ok', 2)
    for (let round = 0; round < 4; round++) {
      await see(/sip1 options 2001/, 'timeout')
      await see(/192\.0\.2|sip2/, 'ok')
    }
    expect(decision('edge options').members).toEqual(['sip1@10 192.0.2.11', BOTH[1]])
  })
})

const CARRIERS = `
probes:
  options: { type: sip-options, interval: 1s }
pools:
  carriers:
    policy: all
    probes: [options]
    targets: { a: { address: 192.0.2.51 }, b: { address: 192.0.2.52 } }
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11, priority: 10, dependsOn: carriers/a }
      sip2: { address: 192.0.2.12, priority: 20 }
  trunks:
    policy: all
    probes: [options]
    dependsOn: carriers
    targets: { t: { address: 192.0.2.21 } }
`

describe('a target whose carrier dies', () => {
  it('goes one tier down, is not dead, and comes back with the carrier', async () => {
    const { see, decision, engine } = set(CARRIERS)
    await see(/./, 'ok', 2)
    await see(/carriers\/a/, 'refused', 3)
    expect(decision('edge options').members).toEqual(['sip1@20 192.0.2.11', 'sip2@20 192.0.2.12'])
    expect(engine.verdictsOf('edge options')[0]).toMatchObject({ real: 'degraded', effective: 'degraded' })
    expect(engine.verdictsOf('edge options')[0]?.why[0]).toBe('carriers/a, which it depends on, is down')
    await see(/carriers\/a/, 'ok', 2)
    expect(engine.verdictsOf('edge options')[0]).toMatchObject({ real: 'up' })
  })

  it('depends on a pool only as long as nobody of it is left', async () => {
    const { see, engine } = set(CARRIERS)
    const trunk = () => engine.verdictsOf('trunks options')[0]?.effective
    await see(/./, 'ok', 2)
    await see(/carriers\/a/, 'refused', 3)
    expect(trunk()).toBe('up')
    await see(/carriers\/b/, 'refused', 3)
    expect(trunk()).toBe('degraded')
  })

  it('hears an operator, too', async () => {
    const { see, time, engine } = set(CARRIERS)
    await see(/./, 'ok', 2)
    engine.setOverride('carriers/a' as TargetId, { kind: 'down' })
    await time.advance(1)
    expect(engine.verdictsOf('edge options')[0]?.effective).toBe('degraded')
  })
})

describe('a probable ban', () => {
  it('is an event of its own, told once', async () => {
    const { see, logger, engine } = set(`
probes:
  options: { type: sip-options, interval: 1s }
  ping: { type: icmp, interval: 1s }
pools:
  edge:
    policy: failover
    probes: [options, ping]
    targets: { sip1: { address: 192.0.2.11 }, sip2: { address: 192.0.2.12 } }
`)
    await see(/./, 'ok', 2)
    for (let round = 0; round < 6; round++) {
      await see(/sip1 options/, 'timeout')
      await see(/ping|sip2/, 'ok')
    }
    expect(engine.verdictsOf('edge options+ping')[0]).toMatchObject({ real: 'down', probableBan: true })
    expect(engine.decisionOf('edge options+ping')?.why[0]).toBe(
      'sip1 is down, or this monitor is banned there',
    )
    expect(logger.messagesOf('monitor.banned')).toHaveLength(1)
  })
})

describe('a server that asks for no new calls', () => {
  it('leaves the answers while another lives, and its verdict is drain', async () => {
    const { time, engine, decision } = set(CARRIERS)
    const watch = [...engine.roster.watches.values()].find(({ key }) => key.includes('edge/sip1'))
    if (watch === undefined) throw new Error('no watch')
    for (const seen of ['ok', 'ok', 'overload', 'overload', 'overload'] as const) {
      engine.observe(
        watch,
        outcome(seen, { attempts: 1, ...(seen === 'ok' ? {} : { retryAfterMs: 300_000 }) }),
      )
      await time.advance(1000)
    }
    expect(engine.verdictsOf('edge options')[0]).toMatchObject({ real: 'drain', effective: 'drain' })
    expect(decision('edge options')).toMatchObject({
      members: ['sip2@20 192.0.2.12'],
      why: ['sip1 asks for no new calls', 'sip2 is not known yet and counts as up'],
    })
  })
})
