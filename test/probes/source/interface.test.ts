import { decode, encode } from 'dns-packet'
import { afterAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../../src/core/outcome.ts'
import { probeDefinitions } from '../../../src/probes/registry.ts'
import { interfaceOf, interfaceSocket, requireInterfaces } from '../../../src/probes/source/interface.ts'
import { createSipTransports } from '../../../src/probes/transport/shared-sip-transports.ts'
import { createDatagramLab } from '../../support/datagram-lab.ts'
import { createHttpLab } from '../../support/http-lab.ts'
import { probeDeps } from '../../support/probe-deps.ts'
import { createExtension } from '../../support/sip-extension.ts'
import { realTime } from '../../support/sip-real-time.ts'
import { createSipServer, type SipServerOptions } from '../../support/sip-server.ts'
import { labTarget } from '../../support/sip-targets.ts'
import { stunSuccess } from '../../support/stun-messages.ts'
import { certificate } from '../../support/tls-fixtures.ts'

/** No host has it, since no name of an interface is that likely. */
const GONE = 'sipvane-none0'

const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

function unusable(): string | undefined {
  try {
    requireInterfaces(['lo'])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function sipPort(transport: SipServerOptions['transport']): Promise<number> {
  const server = await createSipServer({ transport, tls: certificate('server') })
  const extension = await createExtension({})
  server.behave(extension)
  cleanups.push(
    () => server.close(),
    () => extension.close(),
  )
  return server.port
}

async function dnsPort(): Promise<number> {
  const lab = await createDatagramLab((query, reply) => {
    const { id = 0, questions = [] } = decode(Buffer.from(query))
    const answers = [{ type: 'A' as const, name: 'sip.example.com', ttl: 30, data: '192.0.2.1' }]
    reply.send(encode({ type: 'response', id, questions, answers }))
  })
  cleanups.push(() => lab.close())
  return lab.port
}

async function stunPort(): Promise<number> {
  const seen = { address: '203.0.113.9', port: 40_000 }
  const lab = await createDatagramLab((request, reply) =>
    reply.send(stunSuccess(request.subarray(8, 20), seen)),
  )
  cleanups.push(() => lab.close())
  return lab.port
}

async function httpPort(): Promise<number> {
  const lab = await createHttpLab()
  cleanups.push(() => lab.close())
  return Number(new URL(lab.url).port)
}

async function ask(kind: string, options: object, port: number, source: string): Promise<Outcome> {
  const definition = probeDefinitions.get(kind)
  if (definition === undefined) throw new Error(`no kind ${kind}`)
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const deps = probeDeps({ clock: realTime, timers: realTime, sip })
  const prober = definition.create(definition.options.parse(options), deps)
  try {
    await prober.start()
    return await prober.ask(labTarget(port, { source }), '127.0.0.1', { timeoutMs: 8000 })
  } finally {
    await prober.close()
    await sip.close()
  }
}

const KINDS: readonly (readonly [kind: string, options: object, port: () => Promise<number>])[] = [
  ['sip-options', { transport: 'udp' }, () => sipPort('udp')],
  ['sip-options', { transport: 'tcp' }, () => sipPort('tcp')],
  ['sip-options', { transport: 'tls', verify: false }, () => sipPort('tls')],
  ['sip-options', { transport: 'ws' }, () => sipPort('ws')],
  ['sip-options', { transport: 'wss', verify: false }, () => sipPort('wss')],
  ['sip-invite', { transport: 'tcp', extension: '600' }, () => sipPort('tcp')],
  ['rtp-echo', { extension: '600', duration: '200ms' }, () => sipPort('udp')],
  ['tcp', {}, () => sipPort('tcp')],
  ['tls', { verify: false }, () => sipPort('tls')],
  ['http', {}, httpPort],
  ['http', { keepAlive: true }, httpPort],
  ['http', { tls: true, verify: false, status: ['426'] }, () => sipPort('wss')],
  ['dns', { name: 'sip.example.com' }, dnsPort],
  ['stun', {}, stunPort],
]

describe.skipIf(unusable() !== undefined)(`an interface as the source (${unusable() ?? 'usable'})`, () => {
  test.each(KINDS)(
    '%s %j goes through it, and is inconclusive where it is not there',
    async (kind, options, open) => {
      const port = await open()
      const keys = probeDefinitions.get(kind)?.options as unknown as { shape?: object }
      const asked =
        Object.hasOwn(keys.shape ?? {}, 'port') || kind === 'http' ? { port, ...options } : options
      expect(await ask(kind, asked, port, 'lo')).toMatchObject({ result: 'pass' })
      expect(await ask(kind, asked, port, GONE)).toMatchObject({
        result: 'inconclusive',
        reason: 'no-route',
        attempts: 0,
        detail: expect.stringMatching(/does not have the interface \(ENODEV\)/),
      })
    },
  )

  test('the system calls it that interface, and no other', () => {
    expect(() => interfaceSocket('datagram', 4, GONE)).toThrow(expect.objectContaining({ code: 'ENODEV' }))
    expect(() => interfaceSocket('stream', 6, 'lo', '2001:db8::1')).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    )
  })
})

test('where the system binds no socket to an interface, a configuration with one is refused at the start, and says what to do', () => {
  const refuse = () => 'the system is freebsd, not Linux'
  expect(() => requireInterfaces([undefined, '192.0.2.1', 'wan0', 'wan1', 'wan0'], refuse)).toThrow(
    expect.objectContaining({
      code: 'source-interface-unavailable',
      message:
        'questions cannot leave by the interface wan0, wan1 here: the system is freebsd, not Linux; give its address as source, and a routing rule for it',
    }),
  )
  expect(() => requireInterfaces([undefined, '192.0.2.1'], refuse)).not.toThrow()
})

test('an address is no interface, and neither is nothing', () => {
  expect(interfaceOf('192.0.2.1')).toBeUndefined()
  expect(interfaceOf('2001:db8::1')).toBeUndefined()
  expect(interfaceOf(undefined)).toBeUndefined()
  expect(interfaceOf('wan0.100')).toBe('wan0.100')
})
