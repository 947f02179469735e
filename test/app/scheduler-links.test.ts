import { describe, expect, it } from 'vitest'
import { layOut } from '../../src/app/roster.ts'
import { Scheduler } from '../../src/app/scheduler.ts'
import { outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import type { Prober } from '../../src/probes/definition.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

/** Questions of two probes of one link, none of them answered, by the hosts that they ask; `times` in milliseconds. */
async function asked(upstream: string, names: string): Promise<{ probe: string; atMs: number }[]> {
  const time = new VirtualTime(0)
  const sent: { probe: string; atMs: number }[] = []
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
    logger: silentLogger,
    observe: (watch, seen) => step(initialHealth(time.nowMs()), seen, watch.probe, time.nowMs()),
  })
  const prober = (probe: string): Prober => ({
    requests: 2,
    start: async () => {},
    close: async () => {},
    async ask() {
      for (let request = 0; request < 2; request++) sent.push({ probe, atMs: time.nowMs() })
      return outcome('refused', { attempts: 2 })
    },
  })
  const { watches } = layOut(
    settingsOf(`
probes:
  upstream: { type: tcp, port: 80, interval: 1s, timeout: 500ms, destinations: [${upstream}] }
  names: { type: dns, name: example.net., interval: 1s, timeout: 500ms, destinations: [${names}] }
pools:
  links:
    policy: failover
    probes: [upstream, names]
    targets:
      fibre: { address: 203.0.113.9, source: 192.168.1.2 }
`),
  )
  for (const watch of watches.values()) scheduler.start(watch, prober(watch.probe.name), 0)
  await time.advance(5_000)
  return sent
}

const mostInASecond = (sent: readonly { atMs: number }[]) =>
  Math.max(
    ...sent.map(({ atMs }) => sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 980).length),
  )

describe('the pace of a link', () => {
  it('is that of the hosts that are asked: probes of different hosts do not wait for each other', async () => {
    const sent = await asked('192.0.2.1, 192.0.2.2', '192.0.2.53')
    for (const probe of ['upstream', 'names'])
      expect(mostInASecond(sent.filter((each) => each.probe === probe))).toBe(4)
    expect(mostInASecond(sent)).toBe(8)
  })

  it('is one for probes of the same hosts', async () => {
    expect(mostInASecond(await asked('192.0.2.53', '192.0.2.53'))).toBe(4)
  })
})
