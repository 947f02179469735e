import { afterEach, describe, expect, it } from 'vitest'
import type { DnsSettings } from '../../../src/core/dns-settings.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../src/wire/dns/tsig/sign.ts'
import { startResponder, TcpClient, UdpClient, until } from '../../support/dns-client.ts'
import { optionOf, queryOf } from '../../support/dns-query.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'
import { udpWays } from '../../support/responder-batch.ts'
import { takeZone, transferQuery } from '../../support/transfer-client.ts'

const SECRET = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const LIAR = { ...tsigKey('fleet', 'hmac-sha256', SECRET), secret: new Uint8Array(32) }
const SETTINGS: Partial<DnsSettings> = {
  keys: [{ name: canonicalName('fleet.'), algorithm: 'hmac-sha256', secret: SECRET }],
  transfer: { allow: [{ network: '127.0.0.2/32' }], zones: new Map(), journalChanges: 10, maxConcurrent: 4 },
}
const ZONE = 'voice.example.test'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

for (const { io, workerUrl, missing } of await udpWays())
  describe.skipIf(missing !== undefined)(
    `what is counted with UDP by ${io}${missing === undefined ? '' : ` (${missing})`}`,
    () => {
      const start = async (settings: Partial<DnsSettings> = SETTINGS, address = '127.0.0.1') => {
        const responder = await startResponder({
          workerUrl,
          listen: [{ address, port: 0 }],
          settings: { io, ...settings },
        })
        open.push(responder)
        const udp = await UdpClient.open(responder.at)
        open.push(udp)
        return { ...responder, udp }
      }

      it('is every query by transport and type, and every reply by transport and RCODE', async () => {
        const { udp, at, counters } = await start()
        const cookie = { edns: { options: optionOf(10, Buffer.alloc(8, 7)) } }
        const broken = { edns: { options: optionOf(10, Buffer.alloc(24, 7)) } }
        for (const type of ['A', 'A', 'SRV', 'ANY', 65280] as const) await udp.ask(queryOf(ZONE, type))
        await udp.ask(queryOf(`nope.${ZONE}`, 'NAPTR', cookie))
        await udp.ask(queryOf(`wide.${ZONE}`, 'AAAA', broken))
        // A header that says one question, and none; a response.
        await udp.ask(Buffer.from('000100000001000000000000', 'hex'))
        await udp.send(Buffer.from('000180000001000000000000', 'hex'))
        const reply = await udp.ask(queryOf(ZONE, 'A', cookie))
        const good = reply.subarray(reply.length - 24)
        await udp.ask(queryOf(ZONE, 'A', { edns: { options: optionOf(10, good) } }))
        const tcp = await TcpClient.open(at)
        await tcp.ask(queryOf(ZONE, 'MX'))
        await tcp.ask(queryOf('elsewhere.test', 'A'))
        tcp.socket.destroy()
        expect(await until(() => counters().queriesUdp === 11)).toBe(true)
        expect(counters()).toMatchObject({
          queriesUdp: 11,
          queriesTcp: 2,
          queries: {
            udp: { A: 4, SRV: 1, ANY: 1, NAPTR: 1, AAAA: 1, other: 1, none: 2 },
            tcp: { MX: 1, A: 1 },
          },
          replies: { udp: { NOERROR: 7, NXDOMAIN: 2, FORMERR: 1 }, tcp: { NOERROR: 1, REFUSED: 1 } },
          responses: { NOERROR: 8, NXDOMAIN: 2, FORMERR: 1, REFUSED: 1 },
          cookies: { none: 8, first: 2, bad: 1, good: 1 },
          dropped: 1,
          refused: 0,
          threads: { [io === 'batch' ? '0' : 'main']: 11 },
        })
      })

      it('is each thread by itself', async () => {
        const { at, counters } = await start({ ...SETTINGS, workers: 3 })
        for (let i = 0; i < 24; i++) {
          const udp = await UdpClient.open(at)
          await udp.ask(queryOf(ZONE, 'A'))
          udp.close()
        }
        expect(await until(() => counters().queriesUdp === 24)).toBe(true)
        const { threads } = counters()
        expect(Object.keys(threads)).toEqual(io === 'batch' ? ['0', '1', '2'] : ['main'])
        expect(Object.values(threads).reduce((sum, count) => sum + count, 0)).toBe(24)
      })

      it('is every transfer by what it was, and every refusal, told or not', async () => {
        const { at, udp, counters } = await start({
          ...SETTINGS,
          transfer: {
            allow: [{ network: '127.0.0.1' }],
            zones: new Map(),
            journalChanges: 10,
            maxConcurrent: 4,
          },
        })
        await takeZone(at, ZONE)
        await takeZone(at, ZONE)
        await takeZone(at, ZONE, { since: 1 })
        await takeZone(at, ZONE, { since: 2_026_010_101 })
        await takeZone(at, 'elsewhere.test')
        for (let i = 0; i < 5; i++) await udp.ask(signMessage(queryOf(ZONE, 'A'), LIAR, Date.now()).bytes)
        expect(await until(() => counters().refused === 6)).toBe(true)
        expect(counters()).toMatchObject({
          queries: { tcp: { AXFR: 3, IXFR: 2 }, udp: { A: 5 } },
          transfers: {
            full: { whole: 2, broken: 0 },
            'full-instead': { whole: 1, broken: 0 },
            current: { whole: 1, broken: 0 },
            faulty: { whole: 1, broken: 0 },
          },
          replies: { udp: { NOTAUTH: 5 }, tcp: {} },
        })
      })

      it('is a transfer that the client left', async () => {
        const text = Array.from({ length: 30_000 }, (_, i) => `h${i} TXT "${'x'.repeat(200)}"`).join('\n')
        const responder = await startResponder({
          workerUrl,
          snapshot: snapshotOf(zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)),
          settings: {
            io,
            ...SETTINGS,
            transfer: {
              allow: [{ network: '127.0.0.1' }],
              zones: new Map(),
              journalChanges: 1,
              maxConcurrent: 1,
            },
          },
        })
        open.push(responder)
        const client = await TcpClient.open(responder.at)
        const { bytes } = transferQuery('big.test')
        client.socket.write(Buffer.concat([Buffer.from([0, bytes.length]), bytes]))
        expect(await until(() => client.replies.length > 0)).toBe(true)
        client.socket.destroy()
        expect(await until(() => responder.counters().transfers.full?.broken === 1)).toBe(true)
        expect(responder.counters().transfers.full?.whole).toBe(0)
      }, 60_000)

      it('is each snapshot, with the time until all its zones are answered from', async () => {
        const { publish, counters } = await start()
        const before = counters().publishing.snapshots
        expect(before).toBe(1)
        publish(snapshotOf(VOICE, OTHER))
        expect(counters().publishing.snapshots).toBe(2)
        const zones = Array.from({ length: 3_000 }, (_, i) =>
          zoneOf(`z${i}.test.`, '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n@ A 192.0.2.1'),
        )
        publish(snapshotOf(...zones))
        expect(counters().publishing.snapshots).toBe(2)
        expect(await until(() => counters().publishing.snapshots === 3)).toBe(true)
        const { lastMs, totalMs } = counters().publishing
        expect(lastMs).toBeGreaterThan(0)
        expect(totalMs).toBeGreaterThanOrEqual(lastMs)
      })
    },
  )
