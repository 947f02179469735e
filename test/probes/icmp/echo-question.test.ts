/** Against the kernel itself: a router and a silent host in a namespace of their own, and somebody there who forges packets. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../../src/core/outcome.ts'
import type { Timers } from '../../../src/core/ports.ts'
import type { TraceStep } from '../../../src/probes/definition.ts'
import { askEcho } from '../../../src/probes/icmp/echo-question.ts'
import { echoRequest } from '../../../src/wire/icmp/echo.ts'
import { GROUPS } from '../../support/netns/echo-space.ts'
import { enterNamespace } from '../../support/netns/enter.ts'
import { type Forger, icmpError, openForger } from '../../support/netns/forger.ts'
import { Namespaces, namespacesRefused } from '../../support/netns/namespaces.ts'
import { realTime, until } from '../../support/sip-real-time.ts'

const HERE = '198.18.1.1'
const ROUTER = '198.18.1.2'
/** Of the router as well: takes requests and says nothing. */
const SILENT = '198.18.1.3'
const PROHIBITED = '198.18.2.1'
const UNREACHABLE = '198.18.2.2'
const ROUTER_6 = '2001:db8:1::2'
const UNREACHABLE_6 = '2001:db8:2::2'

/** What the questions of this file carry: sequence number, then data. */
const RANDOM = Uint8Array.from({ length: 58 }, (_, at) => (at * 37 + 11) & 0xff)
const SEQUENCE = ((RANDOM[0] ?? 0) << 8) | (RANDOM[1] ?? 0)
const DATA = RANDOM.subarray(2)

const refused = namespacesRefused()

describe.skipIf(refused !== undefined)(`an echo request (${refused ?? 'in namespaces'})`, () => {
  let spaces: Namespaces
  let leave = () => {}
  let forger: Forger
  beforeAll(async () => {
    spaces = await Namespaces.create(['here', 'router'])
    await spaces.cable(['here', 'out'], ['router', 'in'])
    await spaces.links('here', [
      `addr add ${HERE}/24 dev out`,
      'addr add 2001:db8:1::1/64 dev out nodad',
      `route add 198.18.2.0/24 via ${ROUTER}`,
      `route add 2001:db8:2::/64 via ${ROUTER_6}`,
    ])
    await spaces.links('router', [
      `addr add ${ROUTER}/24 dev in`,
      `addr add ${SILENT}/24 dev in`,
      `addr add ${ROUTER_6}/64 dev in nodad`,
      `route add prohibit ${PROHIBITED}/32`,
      `route add unreachable ${UNREACHABLE}/32`,
      `route add unreachable ${UNREACHABLE_6}/128`,
    ])
    await spaces.filter(
      'router',
      `table ip silence { chain in { type filter hook input priority 0; ip daddr ${SILENT} icmp type echo-request drop; }; }`,
    )
    await spaces.sysctl('router', 'ip_forward', '1')
    // One host is told of few errors a second otherwise.
    await spaces.sysctl('router', 'icmp_ratelimit', '0')
    await spaces.sysctl('router', '../ipv6/conf/all/forwarding', '1')
    await spaces.sysctl('here', 'ping_group_range', GROUPS.socket)
    forger = openForger(spaces.path('router'))
    leave = enterNamespace(spaces.path('here'))
  })
  afterAll(async () => {
    leave()
    forger.close()
    await spaces.remove()
  })

  function ask(address: string, timeoutMs: number, source?: string, timers: Timers = realTime) {
    const steps: TraceStep[] = []
    const context = { timeoutMs, trace: (step: TraceStep) => void steps.push(step) }
    const deps = { clock: realTime, timers, randomBytes: () => RANDOM }
    return { answer: askEcho(address, source, context, deps), steps }
  }

  /** The identifier that the system gave to the one socket there is (/proc/net/icmp, in the place of a port). */
  function identifier(): number {
    const [, row = ''] = readFileSync('/proc/thread-self/net/icmp', 'latin1').trim().split('\n')
    return Number.parseInt(/^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4})/.exec(row)?.[1] ?? '', 16)
  }

  function message(type: number, sequence: number, data: Uint8Array): Uint8Array {
    const bytes = Buffer.from(echoRequest(4, sequence, data))
    bytes[0] = type
    bytes.writeUInt16BE(identifier(), 4)
    return bytes
  }
  const reply = (sequence = SEQUENCE, data = DATA) => message(0, sequence, data)
  const about = (sequence = SEQUENCE, data = DATA) => ({
    source: HERE,
    target: SILENT,
    message: message(8, sequence, data),
  })

  /** What becomes of a question to the silent host when these packets come, one by one, the question having had time to take each. */
  async function afterPackets(packets: () => readonly [from: string, message: Uint8Array][]) {
    let deadline = () => {}
    const byHand = {
      after(_delayMs: number, fire: () => void) {
        deadline = fire
        return () => {}
      },
    }
    const { answer, steps } = ask(SILENT, 1000, undefined, byHand)
    let end: Outcome | undefined
    void answer.then((given) => {
      end = given
    })
    for (const [from, bytes] of packets()) {
      const seen = steps.length
      forger.icmp(from, HERE, bytes)
      await until(() => steps.length > seen || end !== undefined, 'the packet to be taken')
    }
    return { answer, steps, deadline }
  }

  test.each([ROUTER, ROUTER_6])(
    '%s answers, by an address, an interface or as the system likes',
    async (address) => {
      for (const source of [undefined, 'out', address === ROUTER ? HERE : '2001:db8:1::1']) {
        const seen = await ask(address, 5000, source).answer
        expect(seen).toMatchObject({ reason: 'ok', attempts: 1 })
        expect(seen.rttMs).toBeGreaterThan(0)
      }
    },
  )

  test('a link-local address answers by its interface: the gateway of a link may have no other', async () => {
    await spaces.links('router', ['addr add fe80::1/64 dev in nodad'])
    expect(await ask('fe80::1', 5000, 'out').answer).toMatchObject({ reason: 'ok' })
    expect(await ask('fe80::1', 5000).answer).toMatchObject({ reason: 'no-route' })
  })

  test.each([
    [PROHIBITED, `${ROUTER} says: administratively prohibited`],
    [UNREACHABLE, `${ROUTER} says: host unreachable`],
    [UNREACHABLE_6, `${ROUTER_6} says: no route`],
  ])('%s: the router says so, and at once', async (address, detail) => {
    const startMs = realTime.nowMs()
    expect(await ask(address, 10_000).answer).toEqual({
      result: 'fail',
      reason: 'unreachable',
      attempts: 1,
      detail,
    })
    expect(realTime.nowMs() - startMs).toBeLessThan(5000)
  })

  test('silence is a timeout', async () => {
    const detail = 'no echo reply'
    expect(await ask(SILENT, 50).answer).toEqual({ result: 'fail', reason: 'timeout', attempts: 1, detail })
  })

  test('replies that are not ours are ignored, and the right one still counts', async () => {
    const { answer, steps } = await afterPackets(() => [
      [SILENT, reply(SEQUENCE ^ 1)],
      [
        SILENT,
        reply(
          SEQUENCE,
          DATA.map((octet, at) => (at === 55 ? octet ^ 1 : octet)),
        ),
      ],
      [SILENT, reply(SEQUENCE, DATA.subarray(0, 20))],
      [SILENT, reply(SEQUENCE, new Uint8Array(1400))],
      [SILENT, reply()],
    ])
    expect(await answer).toMatchObject({ reason: 'ok' })
    expect(steps.filter(({ text }) => text.startsWith('ignored:'))).toHaveLength(4)
  })

  test('a whole reply from another address is one, and no pass', async () => {
    const { answer } = await afterPackets(() => [['198.18.1.9', reply()]])
    expect(await answer).toMatchObject({
      result: 'fail',
      reason: 'bad-reply',
      detail: 'another address answered',
    })
  })

  test('an error that quotes another request is a forgery, a redirect is no error, and the right one still counts', async () => {
    const { answer, steps } = await afterPackets(() => [
      [ROUTER, icmpError(3, 1, about(SEQUENCE ^ 1))],
      [ROUTER, icmpError(3, 3, about(SEQUENCE, new Uint8Array(56)))],
      [ROUTER, icmpError(5, 1, about())],
      [ROUTER, icmpError(11, 0, about())],
    ])
    expect(await answer).toMatchObject({
      reason: 'unreachable',
      detail: `${ROUTER} says: hop limit exceeded`,
    })
    expect(steps.filter(({ text }) => text.startsWith('ignored:'))).toHaveLength(3)
  })

  test('what is ignored is counted, and silence stays silence', async () => {
    const { answer, deadline } = await afterPackets(() => [
      [SILENT, reply(SEQUENCE ^ 1)],
      [ROUTER, icmpError(3, 1, about(SEQUENCE ^ 1))],
    ])
    deadline()
    expect(await answer).toMatchObject({
      reason: 'timeout',
      detail: 'no echo reply; ignored 2 that were not answers to it',
    })
  })

  test('a firewall of our own that lets nothing out is our own fault', async () => {
    await spaces.filter(
      'here',
      'table ip own { chain out { type filter hook output priority 0; ip protocol icmp drop; }; }',
    )
    try {
      expect(await ask(ROUTER, 2000).answer).toMatchObject({
        result: 'inconclusive',
        reason: 'no-route',
        attempts: 0,
      })
    } finally {
      await spaces.filter('here', 'delete table ip own')
    }
  })

  test('no socket is left, however it ended', async () => {
    const ends = [ask(ROUTER, 2000), ask(SILENT, 20), ask(UNREACHABLE, 2000), ask('203.0.113.1', 20)]
    const reasons = (await Promise.all(ends.map(({ answer }) => answer))).map(({ reason }) => reason)
    expect(reasons).toEqual(['ok', 'timeout', 'unreachable', 'no-route'])
    const rows = () => readFileSync('/proc/thread-self/net/icmp', 'latin1').trim().split('\n').length - 1
    expect(rows()).toBe(0)
  })
})
