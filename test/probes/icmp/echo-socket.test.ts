import { afterEach, expect, test, vi } from 'vitest'
import { realTime } from '../../support/sip-real-time.ts'

const { platform } = process
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform })
  vi.resetModules()
})

test('a system whose C library cannot be called has no echo sockets: ping is what is left, and why is told', async () => {
  Object.defineProperty(process, 'platform', { value: 'sunos' })
  vi.resetModules()
  const { EchoRefused, openEchoSocket } = await import('../../../src/probes/icmp/echo-socket.ts')
  const { askEcho } = await import('../../../src/probes/icmp/echo-question.ts')
  const unheard = { message() {}, failed() {} }
  expect(() => openEchoSocket(4, '127.0.0.1', undefined, unheard)).toThrow(EchoRefused)
  const deps = { clock: realTime, timers: realTime, randomBytes: (count: number) => new Uint8Array(count) }
  await expect(askEcho('::1', undefined, { timeoutMs: 1000 }, deps)).rejects.toThrow(
    'the system is sunos, not Linux',
  )
})
