import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBind } from '../support/bind-server.ts'
import { type DnsRelay, startRelay } from '../support/dns-relay.ts'
import { dig, nsupdate, serialAt } from '../support/nsupdate.ts'
import { hasPeer } from '../support/peers.ts'
import { creations, noAbort, readAll, replacements, updateProvider } from '../support/update-provider.ts'
import type { UpdateServer } from '../support/update-server.ts'

const ZONE = 'example.test'
const missing = !hasPeer('named', 'bind9') || !hasPeer('nsupdate', 'bind9-dnsutils')

describe.skipIf(missing)(
  `BIND behind a lossy path${missing ? ' (not installed: Debian packages bind9, bind9-dnsutils)' : ''}`,
  () => {
    let server: UpdateServer
    let relay: DnsRelay
    beforeAll(async () => {
      server = await startBind([
        { name: ZONE, records: '' },
        { name: 'policy.test', records: '', policy: 'grant update-key name www.policy.test. A;' },
      ])
      relay = await startRelay(server.at)
    }, 60_000)
    afterAll(async () => {
      await relay.close()
      await server.stop()
    })
    const provider = (timeout = '1s') => updateProvider(relay.at, { timeout, zone: ZONE })
    const lossy = (udp: DnsRelay['udp'], tcp: DnsRelay['tcp'] = 'pass') => {
      Object.assign(relay, { udp, tcp })
      Object.assign(relay.seen, { udp: 0, tcp: 0 })
    }
    const a = (name: string) => dig(server.at, `${name}.${ZONE}`, 'A', '+short')

    it('a small update goes by one datagram, and nothing else', async () => {
      lossy('pass')
      await provider().apply(creations(ZONE, 'one A 192.0.2.1'), noAbort())
      expect(a('one')).toEqual(['192.0.2.1'])
      expect(relay.seen).toEqual({ udp: 1, tcp: 0 })
    })

    it('an update beyond 512 octets goes by TCP, until the server was heard to speak EDNS', async () => {
      lossy('pass')
      const text = (n: string) =>
        Array.from({ length: 12 }, (_, i) => `${n}${i} TXT "thirty-two octets of text, or so"`).join('\n')
      const one = provider()
      await one.apply(creations(ZONE, text('big')), noAbort())
      expect(relay.seen).toEqual({ udp: 0, tcp: 1 })
      await one.open(noAbort())
      await one.apply(creations(ZONE, text('edns')), noAbort())
      expect(relay.seen).toEqual({ udp: 2, tcp: 1 })
    })

    it('an update whose reply is lost is recognised as done when it is sent again over TCP', async () => {
      lossy('lose')
      const serial = serialAt(server.at, ZONE)
      const one = provider()
      const { sets } = await one.apply(creations(ZONE, 'lost A 192.0.2.1'), noAbort())
      expect(a('lost')).toEqual(['192.0.2.1'])
      expect(serialAt(server.at, ZONE)).toBe(serial + 1)
      expect(relay.seen.udp).toBe(1)
      // UDP has shown what it is worth here: the next one does not wait for it.
      await one.apply(replacements(ZONE, 'lost A 192.0.2.2', sets), noAbort())
      expect(a('lost')).toEqual(['192.0.2.2'])
      expect(serialAt(server.at, ZONE)).toBe(serial + 2)
      expect(relay.seen.udp).toBe(1)
    })

    it('a truncated reply without signature is not believed, and TCP asked', async () => {
      lossy('truncate')
      await provider().apply(creations(ZONE, 'cut A 192.0.2.1'), noAbort())
      expect(a('cut')).toEqual(['192.0.2.1'])
      expect(relay.seen.udp).toBe(1)
      expect(await readAll(provider(), ZONE)).not.toEqual([])
    })

    it('no reply at all leaves it open whether the change was made; reading tells', async () => {
      lossy('lose', 'cut')
      const one = provider()
      await expect(one.apply(creations(ZONE, 'open A 192.0.2.1'), noAbort())).rejects.toMatchObject({
        fault: 'unreachable',
        uncertain: true,
      })
      lossy('pass')
      expect((await readAll(one, ZONE)).some(({ name }) => name === `open.${ZONE}.`)).toBe(true)
    })

    it('a conflict is one though the first reply was lost, and is told as not sure', async () => {
      lossy('lose')
      nsupdate(server.at, ZONE, [`update add taken.${ZONE} 30 A 192.0.2.66`])
      await expect(provider().apply(creations(ZONE, 'taken A 192.0.2.1'), noAbort())).rejects.toMatchObject({
        fault: 'conflict',
        apiCode: 'YXRRSET',
        uncertain: true,
      })
      expect(a('taken')).toEqual(['192.0.2.66'])
    })

    it('names that the policy does not grant are refused as such, and the key is not blamed', async () => {
      lossy('pass')
      const one = updateProvider(relay.at, { zone: 'policy.test' })
      await one.apply(creations('policy.test', 'www A 192.0.2.1'), noAbort())
      await expect(one.apply(creations('policy.test', 'ftp A 192.0.2.1'), noAbort())).rejects.toMatchObject({
        fault: 'refused',
        uncertain: false,
      })
    })
  },
)
