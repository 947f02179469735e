import { afterEach, describe, expect, test } from 'vitest'
import type { LogFields, Logger } from '../../src/core/ports.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { Prober, TraceStep } from '../../src/probes/definition.ts'
import { icmp } from '../../src/probes/icmp.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { type EchoSpace, type EchoWay, enterEchoSpace } from '../support/netns/echo-space.ts'
import { namespacesRefused } from '../support/netns/namespaces.ts'
import { hasPeer } from '../support/peers.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

const refused = namespacesRefused() ?? (hasPeer('ping', 'iputils-ping') ? undefined : 'needs ping')

let space: EchoSpace | undefined
afterEach(async () => {
  await space?.close()
  space = undefined
})

function prober(logger: Logger = silentLogger): Prober {
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  return icmp.create({}, probeDeps({ probe: 'host', clock: realTime, timers: realTime, sip, logger }))
}

function listening() {
  const told: { event: string; fields: LogFields; message: string }[] = []
  const logger = {
    ...silentLogger,
    info: (event: string, fields: LogFields, message: string) => told.push({ event, fields, message }),
  }
  return { told, logger }
}

describe.skipIf(refused !== undefined)(`the icmp probe (${refused ?? 'in namespaces'})`, () => {
  describe.each<[EchoWay, RegExp[]]>([
    [
      'socket',
      [
        /^ICMP echo request to 127\.0\.0\.1 from 127\.0\.0\.5, sequence \d+, 56 octets of data$/,
        /^ICMP echo reply from 127\.0\.0\.1, sequence \d+, 56 octets of data, after [\d.]+ ms$/,
      ],
    ],
    [
      'ping',
      [
        /^by the system's ping, having no echo sockets \(socket EACCES: our group is not in the sysctl net\.ipv4\.ping_group_range\)$/,
        /^ping -4 -n -c 1 -W 3 -I 127\.0\.0\.5 127\.0\.0\.1$/,
        /^PING 127\.0\.0\.1 /,
        /^64 bytes from 127\.0\.0\.1: icmp_seq=1 /,
      ],
    ],
  ])('by %s', (way, traced) => {
    test('an address that answers passes, with its round-trip time, and every step is shown', async () => {
      space = await enterEchoSpace(way)
      const steps: TraceStep[] = []
      const context = { timeoutMs: 2000, trace: (step: TraceStep) => steps.push(step) }
      const answer = await prober().ask(labTarget(1, { source: '127.0.0.5' }), '127.0.0.1', context)
      expect(answer).toMatchObject({ result: 'pass', reason: 'ok', detail: 'echo reply', attempts: 1 })
      expect(answer.rttMs).toBeGreaterThan(0)
      expect(answer.rttMs).toBeLessThan(1000)
      traced.forEach((pattern, at) => {
        expect(steps[at]?.text).toMatch(pattern)
      })
    })

    test('IPv6 works alike, and by an interface', async () => {
      space = await enterEchoSpace(way)
      const one = prober()
      expect(await one.ask(labTarget(1), '::1', { timeoutMs: 2000 })).toMatchObject({ reason: 'ok' })
      const through = labTarget(1, { source: 'lo' })
      expect(await one.ask(through, '127.0.0.1', { timeoutMs: 2000 })).toMatchObject({ reason: 'ok' })
    })

    test.each([
      ['a source address that is not ours', { source: '192.0.2.77' }, '127.0.0.1'],
      ['an interface that is not there', { source: 'nowhere' }, '127.0.0.1'],
      ['an address without a route', {}, '203.0.113.1'],
    ])('%s is our own fault', async (_what, rest, address) => {
      space = await enterEchoSpace(way)
      expect(await prober().ask(labTarget(1, rest), address, { timeoutMs: 2000 })).toMatchObject({
        result: 'inconclusive',
        reason: 'no-route',
        attempts: 0,
      })
    })

    test('at the start the way is told', async () => {
      space = await enterEchoSpace(way)
      const { told, logger } = listening()
      await prober(logger).start()
      expect(told).toMatchObject([{ event: 'probe.icmp-way', fields: { probe: 'host', way } }])
      if (way === 'ping') expect(told[0]?.message).toContain('ping_group_range')
    })
  })

  test('echo sockets that are refused later on: ping takes over from there, and that is told once', async () => {
    space = await enterEchoSpace('socket')
    const { told, logger } = listening()
    const one = prober(logger)
    await one.start()
    await space.allow('ping')
    const ask = () => one.ask(labTarget(1), '127.0.0.1', { timeoutMs: 5000 })
    expect(await Promise.all([ask(), ask(), ask()])).toMatchObject(Array(3).fill({ reason: 'ok' }))
    expect(told.map(({ fields }) => fields.way)).toEqual(['socket', 'ping'])
  })

  test('where neither sockets nor ping are to be had the start is refused, and says what to do', async () => {
    space = await enterEchoSpace('ping')
    const path = process.env.PATH
    process.env.PATH = '/nonexistent'
    try {
      await expect(prober().start()).rejects.toMatchObject({
        code: 'icmp-unavailable',
        message: expect.stringMatching(/EACCES.*ping_group_range.*ENOENT.*iputils/),
      })
    } finally {
      process.env.PATH = path
    }
  })
})

test('as this very system has it, one way or the other works or the start says why not', async () => {
  const one = prober()
  const started = await one.start().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (started !== undefined) expect(started).toMatchObject({ code: 'icmp-unavailable' })
  else expect(await one.ask(labTarget(1), '127.0.0.1', { timeoutMs: 5000 })).toMatchObject({ reason: 'ok' })
})
