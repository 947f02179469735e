import { afterEach, describe, expect, test } from 'vitest'
import { createSipTransports } from '../../../src/probes/transport/shared-sip-transports.ts'
import type {
  SipEndpoint,
  SipTransport,
  SipTransports,
} from '../../../src/probes/transport/sip-transports.ts'
import { OPTIONS_QUESTION } from '../../support/options-question.ts'
import { until } from '../../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../../support/sip-server.ts'
import { certificate, issuer } from '../../support/tls-fixtures.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function lab(transport: SipTransport): Promise<{
  server: SipServer
  sip: SipTransports
  ask(change?: Partial<SipEndpoint>): ReturnType<SipTransports['ask']>
}> {
  const time = new VirtualTime()
  const server = await createSipServer({ transport, timers: time, tls: certificate('server') })
  const sip = createSipTransports({ clock: time, timers: time })
  cleanups.push(
    () => server.close(),
    () => sip.close(),
  )
  const secure = transport === 'tls' || transport === 'wss'
  const tls = { verify: true, ca: issuer(), serverName: 'sip.example.test' }
  const endpoint = { transport, address: '127.0.0.1', port: server.port, ...(secure ? { tls } : {}) }
  return {
    server,
    sip,
    ask: (change = {}) => sip.ask({ ...endpoint, ...change }, OPTIONS_QUESTION, { timeoutMs: 1000 }),
  }
}

const TLS = { verify: true, ca: issuer(), serverName: 'sip.example.test' }
const { serverName: _serverName, ...NAMELESS } = TLS
const { ca: _ca, ...ANY_ISSUER } = TLS

describe('a connection is shared by questions that may share it, and by no others', () => {
  test.each<[SipTransport, string, Partial<SipEndpoint>]>([
    ['tcp', 'another link', { source: '127.0.0.2' }],
    ['tls', 'another link', { source: '127.0.0.2' }],
    ['tls', 'no check of the certificate', { tls: { ...TLS, verify: false } }],
    ['tls', 'no name', { tls: NAMELESS }],
    ['wss', 'no check of the certificate', { tls: { ...TLS, verify: false } }],
    ['wss', 'another path', { path: '/ws' }],
    ['ws', 'another path', { path: '/ws' }],
  ])('over %s: %s', async (transport, _what, change) => {
    const { ask, server } = await lab(transport)
    for (let round = 0; round < 2; round++) expect(await ask()).toMatchObject({ kind: 'response' })
    expect(server.accepted).toBe(1)
    for (let round = 0; round < 2; round++) expect(await ask(change)).toMatchObject({ kind: 'response' })
    expect(server.accepted).toBe(2)
    expect(await ask()).toMatchObject({ kind: 'response' })
    expect(server.accepted).toBe(2)
  })

  test.each<[string, SipEndpoint['tls']]>([
    ['the name', { ...TLS, serverName: 'other.example.test' }],
    ['the issuers', ANY_ISSUER],
  ])('what one question trusts another does not: %s', async (_what, stricter) => {
    const { ask } = await lab('tls')
    expect(await ask({ tls: { ...stricter, verify: false } })).toMatchObject({ kind: 'response' })
    expect(await ask()).toMatchObject({ kind: 'response' })
    const refused = { kind: 'failure', reason: 'tls-certificate' }
    expect(await ask(stricter === undefined ? {} : { tls: stricter })).toMatchObject(refused)
  })

  test('over UDP each link has a socket of its own', async () => {
    const { ask, server, sip } = await lab('udp')
    expect(await ask()).toMatchObject({ kind: 'response' })
    expect(await ask({ source: '127.0.0.2' })).toMatchObject({ kind: 'response' })
    await until(() => server.requests.length === 2, 'both')
    expect(server.requests.map(({ source }) => source.address)).toEqual(['127.0.0.1', '127.0.0.2'])
    expect(sip.sockets).toBe(2)
  })
})
