import { afterEach, describe, expect, test } from 'vitest'
import { createSipTransports } from '../../../src/probes/transport/shared-sip-transports.ts'
import type { SipEndpoint, SipFlow, SipTransports } from '../../../src/probes/transport/sip-transports.ts'
import { halfOpen } from '../../support/sip-behaviours.ts'
import { settled } from '../../support/sip-bench.ts'
import { until } from '../../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../../support/sip-server.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function lab(transport: 'tcp' | 'tls'): Promise<{
  time: VirtualTime
  server: SipServer
  sip: SipTransports
  endpoint: SipEndpoint
}> {
  const time = new VirtualTime()
  const server = await createSipServer({ transport, timers: time })
  const sip = createSipTransports({ clock: time, timers: time })
  cleanups.push(
    () => server.close(),
    () => sip.close(),
  )
  const endpoint = { transport, address: '127.0.0.1', port: server.port, tls: { verify: false } }
  return { time, server, sip, endpoint }
}

async function held(sip: SipTransports, endpoint: SipEndpoint, how: 'shared' | 'fresh'): Promise<SipFlow> {
  const result = await sip.hold(endpoint, how, { timeoutMs: 1000 })
  if (result.kind === 'failure') throw new Error(result.fault.detail)
  return result.flow
}

describe('a socket that a call holds', () => {
  test('stays open for one holder when another lets go twice', async () => {
    const { sip, endpoint, server } = await lab('tcp')
    const [one, other] = [await held(sip, endpoint, 'shared'), await held(sip, endpoint, 'shared')]
    expect(server.accepted).toBe(1)
    one.release()
    one.release()
    const faults: string[] = []
    other.expect({
      branch: 'z9hG4bK-x',
      callId: 'x',
      method: 'INVITE',
      onResponse: () => {},
      onBroken: () => {},
      onStray: () => {},
      onFault: ({ reason }) => faults.push(reason),
    })
    // It takes the old one's place, which closes with its last holder.
    const fresh = await held(sip, endpoint, 'fresh')
    await settled()
    expect([sip.sockets, faults]).toEqual([2, []])
    other.release()
    await until(() => server.open === 1, 'the old one to be closed')
    fresh.release()
    expect(sip.sockets).toBe(1)
  })

  test('is let go of where it does not open in time', async () => {
    const { sip, endpoint, server, time } = await lab('tls')
    server.behave(halfOpen)
    const holding = sip.hold(endpoint, 'shared', { timeoutMs: 1000 })
    await until(() => server.accepted === 1, 'the connection')
    await settled()
    await time.advance(1000)
    expect(await holding).toMatchObject({ kind: 'failure', fault: { reason: 'timeout' } })
    expect(sip.sockets).toBe(0)
    expect(time.pending).toBe(0)
  })

  test('is let go of where the question is withdrawn while it opens, and not opened where it was before', async () => {
    const { sip, endpoint, server, time } = await lab('tls')
    server.behave(halfOpen)
    const aborted = { kind: 'failure', fault: { reason: 'aborted' } }
    const before = { timeoutMs: 1000, signal: AbortSignal.abort() }
    const asking = sip.hold(endpoint, 'shared', before)
    expect(sip.sockets).toBe(0)
    expect(await asking).toMatchObject(aborted)
    const controller = new AbortController()
    const holding = sip.hold(endpoint, 'shared', { timeoutMs: 1000, signal: controller.signal })
    await until(() => server.accepted === 1, 'the connection')
    controller.abort()
    expect(await holding).toMatchObject(aborted)
    expect(sip.sockets).toBe(0)
    expect(time.pending).toBe(0)
  })
})
