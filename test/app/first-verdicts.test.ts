import { describe, expect, it } from 'vitest'
import { FirstVerdicts } from '../../src/app/first-verdicts.ts'
import { layOut, type Watch } from '../../src/app/roster.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const { watches } = layOut(
  settingsOf(`
probes:
  options: { type: sip-options, interval: 1s, fall: 2 }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11 }
      sip2: { address: 192.0.2.12 }
`),
)
const [first, second] = [...watches.values()] as [Watch, Watch]
const pass = outcome('ok', { attempts: 1, rttMs: 1 })
const fail = outcome('refused', { attempts: 1 })
const ours = outcome('no-route', { attempts: 0 })

function begun() {
  const time = new VirtualTime()
  const verdicts = new FirstVerdicts(watches, time)
  const done: number[] = []
  verdicts.whenDone((open) => done.push(open))
  const health = new Map([...watches.keys()].map((key) => [key, initialHealth(0)]))
  const see = (watch: Watch, seen: typeof pass) => {
    const next = step(health.get(watch.key) ?? initialHealth(0), seen, watch.probe, time.nowMs())
    health.set(watch.key, next)
    verdicts.saw(watch, next)
  }
  return { time, verdicts, done, health, see }
}

describe('the first verdicts', () => {
  it('are there when every watch is up or down beyond doubt, and a moment later for what follows', async () => {
    const { time, done, see } = begun()
    see(first, pass)
    see(second, fail)
    await time.advance(1_500)
    expect(done).toEqual([])
    see(second, fail)
    await time.advance(999)
    expect(done).toEqual([])
    await time.advance(1)
    expect(done).toEqual([0])
    expect(time.pending).toBe(0)
  })

  it('wait until a remembered verdict is confirmed or given up', async () => {
    const { time, done, health, see } = begun()
    see(second, pass)
    health.set(first.key, { ...initialHealth(0), status: 'up', passes: 5 })
    see(first, fail)
    await time.advance(1_500)
    expect(done).toEqual([])
    see(first, fail)
    await time.advance(1_000)
    expect(done).toEqual([0])
  })

  it('do not wait for ever for a watch that never becomes clear, and say how many those are', async () => {
    const { time, done, see } = begun()
    see(first, pass)
    for (let at = 0; at < 20; at++) {
      see(second, ours)
      await time.advance(1_000)
    }
    expect(done).toEqual([1])
  })

  it('tell who asks later at once, and nobody once stopped', async () => {
    const { time, verdicts, done, see } = begun()
    see(first, pass)
    see(second, pass)
    await time.advance(1_000)
    verdicts.whenDone((open) => done.push(open))
    expect(done).toEqual([0, 0])
    const other = begun()
    other.verdicts.stop()
    await other.time.advance(1_000_000)
    expect(other.done).toEqual([])
    expect(other.time.pending).toBe(0)
  })
})
