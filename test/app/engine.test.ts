import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/app/engine.ts'
import { type Memory, NO_MEMORY } from '../../src/app/memory.ts'
import type { TargetId } from '../../src/core/brand.ts'
import { outcome, type ReasonCode } from '../../src/core/outcome.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { formatZone } from '../../src/zone/format.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const TWO_TIERS = `
node: ns1
probes:
  options: { type: sip-options, interval: 1s, rise: 2, fall: 3 }
  tls: { type: sip-options, transport: tls, interval: 1s, rise: 2, fall: 3 }
pools:
  edge:
    policy: failover
    probes: [options, tls]
    failback: { mode: auto, delay: 10s }
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    answers:
      - { name: "@", type: A, pool: edge, probes: [options] }
      - { name: _sip._udp, type: SRV, pool: edge, probes: [options] }
      - { name: _sips._tcp, type: SRV, pool: edge, probes: [tls] }
  other.example.com:
    nameservers: [ns1.example.net.]
`

const START_MS = 1_800_000_000_000

function set(config = TWO_TIERS, memory: Memory = NO_MEMORY, startMs = START_MS) {
  const time = new VirtualTime(startMs)
  const logger = recordingLogger()
  const snapshots: Snapshot[] = []
  const hastened: string[][] = []
  const engine = new Engine(settingsOf(config), memory, {
    clock: time,
    timers: time,
    logger,
    defer: queueMicrotask,
    hasten: (keys) => hastened.push([...keys]),
    publish: (snapshot) => snapshots.push(snapshot),
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
  const records = (zone = 'voice.example.com.') => {
    const found = [...(engine.snapshot?.zones.values() ?? [])].find((one) => one.origin === zone)
    return found === undefined ? '' : formatZone(found)
  }
  return { time, logger, snapshots, hastened, engine, see, records }
}

describe('the engine', () => {
  it('serves the configured targets before anybody was asked', () => {
    const { records, snapshots, engine } = set()
    expect(snapshots).toHaveLength(1)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.11$/m)
    expect(engine.unasked).toBe(4)
  })

  it('moves the answer when the primary dies, and the serial with it', async () => {
    const { see, records, snapshots, logger } = set()
    await see(/./, 'ok', 2)
    expect(snapshots).toHaveLength(1)
    await see(/sip1 options/, 'refused', 3)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
    expect(records()).not.toMatch(/^_sip\._udp.*sip1/m)
    const serials = snapshots.map((snapshot) => [...snapshot.zones.values()][0]?.serial ?? 0)
    expect(new Set(serials).size).toBe(serials.length)
    expect(serials).toEqual([...serials].sort((a, b) => a - b))
    expect(logger.messagesOf('decision.changed')).toEqual([
      'edge serves sip2 (failover): sip1 is down',
      'edge (by options) serves sip2 (failover): sip1 is down',
    ])
  })

  it('keeps an answer that depends on other probes where it is', async () => {
    const { see, records } = set()
    await see(/./, 'ok', 2)
    await see(/sip1 tls/, 'tls-handshake', 3)
    expect(records()).toMatch(/^_sip\._udp.* 10 100 5060 sip1\.voice\.example\.com\.$/m)
    expect(records()).not.toMatch(/^_sips\._tcp.*sip1/m)
    expect(records()).toMatch(/^_sips\._tcp.*sip2/m)
  })

  it('does not touch a zone that no decision moved', async () => {
    const { see, snapshots } = set()
    await see(/./, 'ok', 2)
    await see(/sip1 options/, 'refused', 3)
    const other = snapshots.map((snapshot) => [...snapshot.zones.values()][1])
    expect(other.length).toBeGreaterThan(1)
    expect(other.every((zone) => zone === other[0])).toBe(true)
  })

  it('goes back after the failback delay, by the clock alone', async () => {
    const { see, records, time } = set()
    await see(/./, 'ok', 2)
    await see(/sip1/, 'refused', 3)
    await see(/./, 'ok', 2)
    await time.advance(9_990)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
    await time.advance(20)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.11$/m)
  })

  it('freezes when everything falls silent at once, and holds nothing against anybody afterwards', async () => {
    const { see, records, engine, logger } = set()
    await see(/./, 'ok', 2)
    const before = records()
    await see(/./, 'timeout', 3)
    expect(engine.blind).toBe(true)
    expect(records()).toBe(before)
    expect(logger.messagesOf('sight.lost')).toHaveLength(1)
    await see(/sip2 options/, 'ok')
    expect(engine.blind).toBe(false)
    await see(/./, 'ok')
    expect(records()).toBe(before)
    expect(logger.messagesOf('decision.changed').at(-1)).toContain('sip1')
  })

  it('asks the others before it believes in a death that nobody contradicts', async () => {
    const { see, records, hastened, time } = set()
    await see(/./, 'ok', 2)
    await time.advance(100)
    await see(/sip1/, 'timeout', 3)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.11$/m)
    expect(hastened).toEqual([['edge/sip2 options 192.0.2.12', 'edge/sip2 tls 192.0.2.12']])
    await see(/sip2/, 'ok')
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
  })

  it('believes in it in the end when no proof comes', async () => {
    const { see, records, time } = set()
    await see(/./, 'ok', 2)
    await time.advance(100)
    await see(/sip1/, 'timeout', 3)
    await time.advance(5_000)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
  })

  it('honours an override at once, and lets it end by itself', async () => {
    const { see, records, engine, time } = set()
    await see(/./, 'ok', 2)
    engine.setOverride('edge/sip1' as TargetId, {
      kind: 'drain',
      untilMs: time.nowMs() + 60_000,
      reason: 'disk swap',
    })
    await time.advance(1)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
    await time.advance(75_000)
    expect(records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.11$/m)
    expect(() => engine.setOverride('edge/nobody' as TargetId, undefined)).toThrow('unknown target')
  })

  it('comes back from a restart with what it knew: the standby serves, no serial goes back', async () => {
    const first = set()
    await first.see(/./, 'ok', 2)
    await first.see(/sip1/, 'refused', 3)
    // Ten changes in one second push the serial ahead of the clock.
    for (let i = 0; i < 10; i++) {
      first.engine.setOverride('edge/sip2' as TargetId, i % 2 === 0 ? { kind: 'up' } : { kind: 'down' })
      await first.time.advance(1)
    }
    const memory = JSON.parse(
      JSON.stringify(
        Object.fromEntries(Object.entries(first.engine.memory()).map(([key, map]) => [key, [...map]])),
      ),
    )
    const restored = Object.fromEntries(
      Object.entries(memory).map(([key, list]) => [key, new Map(list as [])]),
    ) as unknown as Memory
    const second = set(TWO_TIERS, { ...restored, overrides: new Map() }, START_MS)
    expect(second.records()).toMatch(/^voice\.example\.com\. \d+ IN A 192\.0\.2\.12$/m)
    expect(second.engine.unasked).toBe(4)
    const serial = (snapshot: Snapshot | undefined) => [...(snapshot?.zones.values() ?? [])][0]?.serial ?? 0
    expect(serial(second.engine.snapshot)).toBeGreaterThanOrEqual(serial(first.engine.snapshot))
  })

  it('takes a new configuration over and keeps the health of what stayed', async () => {
    const { see, records, engine } = set()
    await see(/./, 'ok', 2)
    await see(/sip1/, 'refused', 3)
    const more = TWO_TIERS.replace(
      '      sip2:',
      '      sip3: { address: 192.0.2.13, priority: 15 }\n      sip2:',
    )
    engine.reload(settingsOf(more))
    expect(engine.healthOf('edge/sip1 options 192.0.2.11')?.status).toBe('down')
    expect(engine.unasked).toBe(2)
    expect(records()).toMatch(/^sip3\.voice\.example\.com\. \d+ IN A 192\.0\.2\.13$/m)
    engine.reload(settingsOf(TWO_TIERS.replace(/^ {6}sip1.*\n/m, '')))
    expect(engine.healthOf('edge/sip1 options 192.0.2.11')).toBeUndefined()
    expect(records()).not.toContain('sip1')
  })

  it('publishes nothing after it was stopped', async () => {
    const { see, engine, snapshots, time } = set()
    await see(/./, 'ok', 2)
    engine.stop()
    const before = snapshots.length
    await see(/sip1/, 'refused', 3)
    await time.advance(60_000)
    expect(snapshots).toHaveLength(before)
    expect(time.pending).toBe(0)
  })
})
