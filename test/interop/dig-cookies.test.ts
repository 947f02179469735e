import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../src/core/dns-settings.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { SocketAddress } from '../../src/core/settings.ts'
import {
  createResponder,
  type Responder,
  type ResponderDeps,
} from '../../src/publishers/responder/responder.ts'
import { toolOutput } from '../support/dns-tools.ts'
import { OTHER, snapshotOf, VOICE } from '../support/dns-zone.ts'
import { hasPeer } from '../support/peers.ts'
import { seededRandom } from '../support/virtual-time.ts'

const NAME = 'voice.example.test'
const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const RATES = {
  answersPerS: 2,
  referralsPerS: 2,
  denialsPerS: 2,
  errorsPerS: 2,
  allPerS: 0,
  windowS: 15,
  slip: 1,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  exempt: [],
  tableSize: 1024,
}

const open: Responder[] = []

async function start(
  settings: Partial<DnsSettings>,
  deps: Partial<ResponderDeps> = {},
): Promise<SocketAddress> {
  const responder = createResponder(
    { listen: [{ address: '127.0.0.1', port: 0 }], workers: 1, ...settings },
    { logger: silentLogger, random: seededRandom(1), ...deps },
  )
  open.push(responder)
  responder.publish(snapshotOf(VOICE, OTHER))
  await responder.listen()
  const at = responder.addresses()[0]
  if (at === undefined) throw new Error('it listens nowhere')
  return at
}

afterEach(async () => {
  for (const responder of open.splice(0)) await responder.close()
})

const dig = (at: SocketAddress, ...args: string[]) =>
  toolOutput('dig', at, ['+norec', '+tries=1', '+time=3', ...args])
const cookieOf = (output: string) => /COOKIE: ([0-9a-f]+)/.exec(output)?.[1] ?? ''
const statusOf = (output: string) => /status: (\w+)/.exec(output)?.[1]

const missing = !hasPeer('dig', 'bind9-dnsutils')
describe.skipIf(missing)(
  `dig with cookies${missing ? ' (not installed: Debian package bind9-dnsutils)' : ''}`,
  () => {
    it('gets a whole cookie, calls it good, and is known by it at every server with the secret', async () => {
      const cookies = { enabled: true, secrets: [SECRET], required: true }
      const [one, two] = [await start({ cookies }), await start({ cookies })]
      const output = await dig(one, '+nobadcookie', '+cookie=0102030405060708', NAME, 'A')
      expect(statusOf(output)).toBe('BADCOOKIE')
      expect(output).toMatch(/COOKIE: 0102030405060708[0-9a-f]{32} \(good\)/)
      for (const at of [one, two]) {
        const again = await dig(at, '+nobadcookie', `+cookie=${cookieOf(output)}`, NAME, 'A')
        expect(statusOf(again)).toBe('NOERROR')
        expect(cookieOf(again)).toBe(cookieOf(output))
      }
    })

    it('asks again by itself after BADCOOKIE, and has its answer', async () => {
      const at = await start({ cookies: { enabled: true, secrets: [], required: true } })
      const output = await dig(at, '+badcookie', '+cookie=0102030405060708', NAME, 'A')
      expect(output).toContain('BADCOOKIE, retrying')
      expect(output).toContain('192.0.2.11')
    })

    it('is not known by a cookie of a server that has another secret', async () => {
      const one = await start({ cookies: { enabled: true, secrets: [SECRET], required: true } })
      const two = await start({ cookies: { enabled: true, secrets: [], required: true } })
      const first = await dig(one, '+nobadcookie', '+cookie=0102030405060708', NAME, 'A')
      const other = await dig(two, '+nobadcookie', `+cookie=${cookieOf(first)}`, NAME, 'A')
      expect(statusOf(other)).toBe('BADCOOKIE')
    })

    it('asks for a cookie alone, without a question (RFC 7873 section 5.4)', async () => {
      const at = await start({})
      const output = await dig(at, '+header-only', '+cookie=0102030405060708')
      expect(statusOf(output)).toBe('NOERROR')
      expect(output).toMatch(/QUERY: 0, ANSWER: 0.*ADDITIONAL: 1/)
      expect(output).toMatch(/COOKIE: 0102030405060708[0-9a-f]{32} \(good\)/)
    })

    it('over the limit comes by TCP without a cookie, and is not limited with one', async () => {
      const at = await start({ rateLimit: RATES })
      const plain: string[] = []
      for (let i = 0; i < 4; i++) plain.push(await dig(at, '+nocookie', NAME, 'A'))
      expect(plain.at(-1)).toContain('Truncated, retrying in TCP mode')
      expect(plain.at(-1)).toContain('192.0.2.11')
      const cookie = cookieOf(await dig(at, '+tcp', '+cookie=0102030405060708', NAME, 'A'))
      for (let i = 0; i < 4; i++) {
        const output = await dig(at, `+cookie=${cookie}`, NAME, 'A')
        expect(output).toContain('192.0.2.11')
        expect(output).not.toContain('retrying')
      }
      expect(open[0]?.counters()).toMatchObject({ withheld: 0 })
      expect(open[0]?.counters().slipped).toBeGreaterThan(0)
    })

    it('reads NSID, CHAOS and the idle time of TCP', async () => {
      const at = await start({ nsid: 'ns1.fra', version: 'hidden', identity: 'ns1' })
      expect(await dig(at, '+nsid', NAME, 'A')).toMatch(/NSID: .*\("ns1\.fra"\)/)
      const version = await dig(at, 'version.bind', 'CH', 'TXT')
      expect(statusOf(version)).toBe('NOERROR')
      expect(version).toMatch(/version\.bind\.\s+0\s+CH\s+TXT\s+"hidden"/)
      expect(await dig(at, 'id.server', 'CH', 'TXT')).toMatch(/TXT\s+"ns1"/)
      expect(await dig(at, '+tcp', '+keepalive', NAME, 'A')).toMatch(/TCP KEEPALIVE: 10\.0 secs/)
      expect(await dig(at, '+notcp', '+keepalive', NAME, 'A')).not.toContain('KEEPALIVE')
    })

    it('has the connection closed after the idle time that it was told', async () => {
      const at = await start({ tcp: { idleTimeoutMs: 1_000, maxConnections: 8, maxConnectionsPerClient: 8 } })
      expect(await dig(at, '+tcp', '+keepalive', NAME, 'A')).toMatch(/TCP KEEPALIVE: 1\.0 secs/)
      const { TcpClient } = await import('../support/dns-client.ts')
      const client = await TcpClient.open(at)
      for (let waited = 0; waited < 5_000 && !client.ended; waited += 100) await sleep(100)
      expect(client.ended || client.closed).toBe(true)
    })
  },
)
