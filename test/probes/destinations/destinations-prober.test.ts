import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { configuredProber } from '../../../src/app/configured-prober.ts'
import { type Outcome, outcome, type ReasonCode } from '../../../src/core/outcome.ts'
import { initialHealth, step } from '../../../src/health/machine.ts'
import type { Prober } from '../../../src/probes/definition.ts'
import { tcp } from '../../../src/probes/tcp.ts'
import { createSipTransports } from '../../../src/probes/transport/shared-sip-transports.ts'
import { probeOf } from '../../support/pool-sim.ts'
import { probeDeps } from '../../support/probe-deps.ts'
import { labTarget } from '../../support/sip-targets.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const THREE = ['198.51.100.1', '198.51.100.2', '198.51.100.3']
const LINK = labTarget(5060, { source: '192.0.2.9' })

/** Each host says what it is told to; `ok` where nothing is said. `patience`: transmissions of a question that is not answered. */
function hosts(
  say: Readonly<Record<string, ReasonCode>>,
  rttMs: Readonly<Record<string, number>> = {},
  patience = 1,
) {
  const asked: string[] = []
  const prober: Prober = {
    requests: 2,
    roundTrips: 3,
    start: async () => {},
    close: async () => {},
    async ask(target, address): Promise<Outcome> {
      asked.push(`${address} by ${target.source}`)
      const reason = say[address] ?? 'ok'
      const attempts = reason === 'timeout' ? patience : 1
      return outcome(reason, { attempts, ...(reason === 'ok' ? { rttMs: rttMs[address] ?? 10 } : {}) })
    },
  }
  return { prober, asked }
}

function ask(prober: Prober, quorum: number | undefined, destinations = THREE, address = '203.0.113.9') {
  const probe = probeOf({ destinations, ...(quorum === undefined ? {} : { quorum }) })
  return configuredProber(prober, probe, new VirtualTime()).ask(LINK, address, { timeoutMs: 1000 })
}

describe('a probe with destinations', () => {
  test('asks each of them through the source of the target, and never the published address', async () => {
    const { prober, asked } = hosts({})
    expect(await ask(prober, undefined)).toMatchObject({ result: 'pass', attempts: 1 })
    expect(asked).toEqual(THREE.map((host) => `${host} by 192.0.2.9`))
  })

  test.each<[string, Readonly<Record<string, ReasonCode>>, number | undefined, string, string]>([
    ['one dead host is no dead link', { '198.51.100.1': 'timeout' }, undefined, 'pass', 'ok'],
    ['two dead hosts, one needed', { '198.51.100.1': 'timeout', '198.51.100.2': 'refused' }, 1, 'pass', 'ok'],
    [
      'two dead hosts, two needed',
      { '198.51.100.1': 'timeout', '198.51.100.2': 'refused' },
      2,
      'fail',
      'refused',
    ],
    [
      'a silent link',
      Object.fromEntries(THREE.map((host) => [host, 'timeout' as const])),
      1,
      'fail',
      'timeout',
    ],
    [
      'no resources of our own',
      { '198.51.100.1': 'no-resources', '198.51.100.2': 'timeout', '198.51.100.3': 'timeout' },
      1,
      'inconclusive',
      'no-resources',
    ],
    [
      'no way out by the link: its interface is gone, and it with it',
      Object.fromEntries(THREE.map((host) => [host, 'no-route' as const])),
      1,
      'fail',
      'unreachable',
    ],
    [
      'no way to some of the hosts, silence of the others',
      { '198.51.100.1': 'no-route', '198.51.100.2': 'timeout', '198.51.100.3': 'timeout' },
      1,
      'inconclusive',
      'no-route',
    ],
  ])('%s', async (_title, say, quorum, result, reason) => {
    expect(await ask(hosts(say).prober, quorum)).toMatchObject({ result, reason })
  })

  test('of a target that is no link cannot tell where this host has no route', async () => {
    const { prober } = hosts(Object.fromEntries(THREE.map((host) => [host, 'no-route' as const])))
    const probe = probeOf({ destinations: THREE })
    const seen = await configuredProber(prober, probe, new VirtualTime()).ask(
      labTarget(5060),
      '203.0.113.9',
      {
        timeoutMs: 1000,
      },
    )
    expect(seen).toMatchObject({ result: 'inconclusive', reason: 'no-route' })
  })

  test('takes as long as the last host that was needed', async () => {
    const rttMs = { '198.51.100.1': 90, '198.51.100.2': 5, '198.51.100.3': 40 }
    expect(await ask(hosts({}, rttMs).prober, 1)).toMatchObject({ rttMs: 5 })
    expect(await ask(hosts({}, rttMs).prober, 2)).toMatchObject({ rttMs: 40 })
  })

  test('is impaired when that is too long', async () => {
    const { prober } = hosts({}, { '198.51.100.1': 90, '198.51.100.2': 90, '198.51.100.3': 90 })
    const probe = probeOf({ destinations: THREE, degradeAboveMs: 50 })
    const seen = await configuredProber(prober, probe, new VirtualTime()).ask(LINK, '203.0.113.9', {
      timeoutMs: 1000,
    })
    expect(seen.impaired).toBe('took 90 ms, more than 50 ms')
  })

  test('tells what came of each host, for the quality of the ways to them; but for what our own side broke', async () => {
    const say = { '198.51.100.1': 'timeout', '198.51.100.2': 'refused' } as const
    expect((await ask(hosts(say).prober, 1)).samples).toEqual([
      { host: '198.51.100.1', sent: 1, answered: false },
      { host: '198.51.100.2', sent: 1, answered: true },
      { host: '198.51.100.3', sent: 1, answered: true, rttMs: 10 },
    ])
    expect((await ask(hosts({ '198.51.100.1': 'no-resources' }).prober, 1)).samples).toHaveLength(2)
  })

  test("asks only hosts of the address's family", async () => {
    const { prober, asked } = hosts({ '198.51.100.1': 'timeout' })
    const both = ['198.51.100.1', '2001:db8::53']
    expect(await ask(prober, 1, both, '203.0.113.9')).toMatchObject({ result: 'fail' })
    expect(await ask(prober, 1, both, '2001:db8::9')).toMatchObject({ result: 'pass' })
    expect(asked).toEqual(['198.51.100.1 by 192.0.2.9', '2001:db8::53 by 192.0.2.9'])
  })

  test('learns no loss from a host that is dead beside enough living ones: a silent link is down as soon as ever', async () => {
    const probe = probeOf({ destinations: THREE, fall: 3 })
    let health = initialHealth(0)
    const round = async (say: Readonly<Record<string, ReasonCode>>) => {
      health = step(health, await ask(hosts(say, {}, 2).prober, 2), probe, 0)
    }
    for (let count = 0; count < 100; count++) await round({ '198.51.100.1': 'timeout' })
    expect(health).toMatchObject({ status: 'up', loss: 0 })
    const silent = Object.fromEntries(THREE.map((host) => [host, 'timeout' as const]))
    for (let count = 0; count < 3; count++) await round(silent)
    expect(health).toMatchObject({ status: 'down', fails: 3 })
  })

  test("costs each host what the kind costs: the target's share of requests is not used up by their number", () => {
    const configured = configuredProber(hosts({}).prober, probeOf({ destinations: THREE }), new VirtualTime())
    expect(configured).toMatchObject({ requests: 2, roundTrips: 3 })
  })

  test('asks nobody once it is withdrawn', async () => {
    const { prober, asked } = hosts({})
    const probe = probeOf({ destinations: THREE })
    const context = { timeoutMs: 1000, signal: AbortSignal.abort() }
    const seen = await configuredProber(prober, probe, new VirtualTime()).ask(LINK, '203.0.113.9', context)
    expect(seen).toMatchObject({ reason: 'aborted', attempts: 0 })
    expect(asked).toEqual([])
  })
})

describe('through a real socket', () => {
  const cleanups: (() => void)[] = []
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup()
  })

  test('the questions come from the link, and two of three hosts make its quorum', async () => {
    const from: string[] = []
    const open = (host: string, port: number) =>
      new Promise<number>((resolve, reject) => {
        const server = createServer((socket) => {
          from.push(socket.remoteAddress ?? '')
          socket.destroy()
        })
        server.once('error', reject)
        server.listen(port, host, () => {
          const bound = server.address()
          resolve(typeof bound === 'object' && bound !== null ? bound.port : 0)
        })
        cleanups.push(() => server.close())
      })
    const port = await open('127.0.0.21', 0)
    await open('127.0.0.22', port)
    const time = new VirtualTime()
    const sip = createSipTransports({ clock: time, timers: time })
    const kind = tcp.create(tcp.options.parse({ port }), probeDeps({ clock: time, timers: time, sip }))
    const destinations = ['127.0.0.21', '127.0.0.22', '127.0.0.23']
    const link = labTarget(1, { source: '127.0.0.9' })
    const asking = (quorum: number) =>
      configuredProber(kind, probeOf({ destinations, quorum }), new VirtualTime()).ask(link, '203.0.113.9', {
        timeoutMs: 1000,
      })
    expect(await asking(2)).toMatchObject({ result: 'pass' })
    expect(await asking(3)).toMatchObject({ result: 'fail', reason: 'refused' })
    expect(new Set(from)).toEqual(new Set(['127.0.0.9']))
    await sip.close()
  })
})
