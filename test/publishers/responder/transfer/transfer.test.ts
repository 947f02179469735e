import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DnsSettings } from '../../../../src/core/dns-settings.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { verifyResponse } from '../../../../src/wire/dns/tsig/verify-response.ts'
import { startResponder, TcpClient, UdpClient, until } from '../../../support/dns-client.ts'
import { queryOf } from '../../../support/dns-query.ts'
import { readReply } from '../../../support/dns-reply.ts'
import { snapshotOf, VOICE, zoneOf } from '../../../support/dns-zone.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { udpWays } from '../../../support/responder-batch.ts'
import { takeZone, transferQuery } from '../../../support/transfer-client.ts'

const ZONE = 'voice.example.test'
const SECRET = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const KEY = tsigKey('fleet', 'hmac-sha256', SECRET)
const NAME = canonicalName('fleet.')
const keys: NonNullable<DnsSettings['keys']> = [{ name: NAME, algorithm: 'hmac-sha256', secret: SECRET }]

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

const ANYBODY = [{ network: '127.0.0.0/8' }]
const version = (serial: number, last: number) =>
  zoneOf('v.test.', `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n@ A 192.0.2.${last}`)

for (const { io, workerUrl, missing } of await udpWays())
  describe.skipIf(missing !== undefined)(
    `with UDP by ${io}${missing === undefined ? '' : ` (${missing})`}`,
    () => {
      async function start(
        allow: NonNullable<DnsSettings['transfer']>['allow'],
        snapshot = snapshotOf(VOICE),
        more: { changes?: number; maxConcurrent?: number } = {},
      ) {
        const logger = recordingLogger()
        const responder = await startResponder({
          logger,
          snapshot,
          workerUrl,
          settings: {
            io,
            keys,
            transfer: {
              allow,
              zones: new Map(),
              journalChanges: more.changes ?? 10,
              maxConcurrent: more.maxConcurrent ?? 4,
            },
          },
        })
        running.push(responder)
        return { ...responder, logger }
      }
      describe('AXFR (RFC 5936)', () => {
        it('gives every record once between two SOAs, sets with alternatives as their union', async () => {
          const { at } = await start(ANYBODY)
          const { records, messages } = await takeZone(at, ZONE, { edns: true })
          const all = VOICE.sets.reduce((sum, { records }) => sum + records.length, 0)
          expect(records).toHaveLength(all + 1)
          expect(records[0]).toContain(' SOA ')
          expect(records.at(-1)).toBe(records[0])
          expect(new Set(records).size).toBe(all)
          expect(records.filter((line) => line.startsWith(`weighted.${ZONE}. `))).toHaveLength(3)
          expect(messages[0]).toMatchObject({
            authoritative: true,
            questions: [{ name: `${ZONE}.`, type: 252 }],
          })
          expect(messages[0]?.additionals.map(({ type }) => type)).toEqual([41])
        })

        it('spreads a large zone over signed messages, and answers others between them', async () => {
          const text = Array.from(
            { length: 20_000 },
            (_, i) => `h${i} A 192.0.${(i >> 8) & 255}.${i & 255}`,
          ).join('\n')
          const big = zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)
          const { at } = await start([{ key: NAME }], snapshotOf(big, VOICE))
          const taking = takeZone(at, 'big.test', { key: KEY })
          const other = await UdpClient.open(at)
          expect(readReply(await other.ask(queryOf(ZONE, 'A'))).rcode).toBe('NOERROR')
          other.close()
          const { records, octets } = await taking
          expect(records).toHaveLength(20_004)
          expect(octets.length).toBeGreaterThan(10)
          expect(Math.max(...octets)).toBeLessThan(20_000)
        }, 30_000)

        it('answers in order what a client pipelines behind it, and takes several on one connection', async () => {
          const { at } = await start(ANYBODY)
          const client = await TcpClient.open(at)
          const first = await takeZone(at, ZONE, {}, client)
          const second = await takeZone(at, ZONE, {}, client)
          expect(second.records).toEqual(first.records)
          expect(readReply(await client.ask(queryOf(ZONE, 'A'))).rcode).toBe('NOERROR')
          client.socket.destroy()
        })

        it('waits for its turn where as many run as may', async () => {
          const { at } = await start(ANYBODY, snapshotOf(VOICE), { maxConcurrent: 1 })
          const all = await Promise.all(Array.from({ length: 5 }, () => takeZone(at, ZONE)))
          expect(new Set(all.map(({ records }) => records.length)).size).toBe(1)
        })

        it('is refused to others, and the log says so once', async () => {
          const { at, logger, counters } = await start([
            { network: '192.0.2.0/24' },
            { network: '127.0.0.1/32', key: NAME },
          ])
          for (let i = 0; i < 3; i++) expect((await takeZone(at, ZONE)).rcode).toBe(5)
          expect((await takeZone(at, ZONE, { since: 1 })).rcode).toBe(5)
          expect(counters().refused).toBe(4)
          expect(logger.messagesOf('dns.transfer-refused')).toEqual([
            `127.0.0.1 was refused: no unsigned transfer to this address (${ZONE}.)`,
          ])
          expect((await takeZone(at, ZONE, { key: KEY })).rcode).toBe(0)
        })

        it('is NOTAUTH for a zone that is not here (section 2.2.1), signed where the query was', async () => {
          const { at, logger } = await start([{ key: NAME }])
          expect((await takeZone(at, 'elsewhere.test')).rcode).toBe(9)
          expect((await takeZone(at, `sip.${ZONE}`, { since: 1 })).rcode).toBe(9)
          const signed = await takeZone(at, 'elsewhere.test', { key: KEY, edns: true })
          expect(signed.rcode).toBe(9)
          expect(signed.messages[0]).toMatchObject({ authoritative: false })
          expect(signed.messages[0]?.additionals.map(({ type }) => type)).toEqual([41])
          expect(logger.messagesOf('dns.transfer-refused')[0]).toContain(
            'no zone of that name is served here',
          )
        })

        it('is refused over UDP', async () => {
          const { at } = await start(ANYBODY)
          const client = await UdpClient.open(at)
          expect(readReply(await client.ask(transferQuery(ZONE).bytes)).rcode).toBe('REFUSED')
          client.close()
        })
      })

      describe('IXFR (RFC 1995)', () => {
        it('is the SOA alone for who is current, the changes for who is known, the whole zone for others', async () => {
          const { at, publish } = await start(ANYBODY, snapshotOf(version(10, 1)), { changes: 2 })
          publish(snapshotOf(version(11, 2)))
          publish(snapshotOf(version(12, 3)))
          const since = async (serial: number) =>
            (await takeZone(at, 'v.test', { since: serial })).records.map((line) =>
              line.replace(/ns\.v\.test\. h\.v\.test\. (\d+).*/, '$1').replace('v.test. 30 ', ''),
            )
          expect(await since(12)).toEqual(['SOA 12'])
          expect(await since(13)).toEqual(['SOA 12'])
          expect(await since(10)).toEqual([
            ...['SOA 12', 'SOA 10', 'A 192.0.2.1', 'SOA 11', 'A 192.0.2.2'],
            ...['SOA 11', 'A 192.0.2.2', 'SOA 12', 'A 192.0.2.3', 'SOA 12'],
          ])
          publish(snapshotOf(version(13, 4)))
          expect(await since(10)).toEqual([
            'SOA 13',
            'NS ns.v.test.',
            'ns.A 192.0.2.1',
            'A 192.0.2.4',
            'SOA 13',
          ])
        })

        it('over UDP is the SOA alone: to go on by TCP', async () => {
          const { at } = await start(ANYBODY, snapshotOf(version(10, 1)))
          const client = await UdpClient.open(at)
          const reply = readReply(await client.ask(transferQuery('v.test', { since: 9 }).bytes))
          expect(reply).toMatchObject({ rcode: 'NOERROR', question: ['v.test IN IXFR'] })
          expect(reply.answer).toEqual([expect.stringMatching(/^v\.test \d+ SOA .* 10 /)])
          client.close()
        })
      })

      describe('signed queries (RFC 8945)', () => {
        const ask = async (bytes: Uint8Array) => {
          const { at } = await start([])
          const client = await UdpClient.open(at)
          const reply = await client.ask(bytes)
          client.close()
          return reply
        }

        it('of any type are answered, and the answer signed', async () => {
          const nowMs = Date.now()
          const { bytes, mac } = signMessage(queryOf(ZONE, 'A'), KEY, nowMs)
          const reply = await ask(bytes)
          const verified = verifyResponse(reply, KEY, mac, nowMs)
          expect(verified).toMatchObject({ ok: true, signed: true })
          expect(verified.ok && readReply(verified.message).answer).toHaveLength(1)
        })

        it('go by the time of day, also where that was set right after the start', async () => {
          const { at } = await start([])
          const client = await TcpClient.open(at)
          const setMs = Date.now() + 3_600_000
          const clock = vi.spyOn(Date, 'now').mockReturnValue(setMs)
          try {
            const { bytes, mac } = signMessage(queryOf(ZONE, 'A'), KEY, setMs)
            const reply = await client.ask(bytes)
            expect(verifyResponse(reply, KEY, mac, setMs)).toMatchObject({ ok: true, signed: true })
          } finally {
            clock.mockRestore()
            client.socket.destroy()
          }
        })

        it.each([
          ['badkey', { ...KEY, name: canonicalName('nobody.') }, 0],
          ['badsig', { ...KEY, secret: new Uint8Array(32) }, 0],
          ['badtime', KEY, -1_000_000],
        ])('that do not hold are NOTAUTH with %s', async (fault, key, shiftMs) => {
          const nowMs = Date.now()
          const { bytes, mac } = signMessage(queryOf(ZONE, 'A'), key, nowMs + shiftMs)
          const reply = await ask(bytes)
          expect((reply[3] ?? 0) & 0x0f).toBe(9)
          expect(verifyResponse(reply, key, mac, nowMs)).toMatchObject({ ok: false, fault, by: 'peer' })
        })

        it('that are refused are logged, each kind once, whoever answers', async () => {
          const { at, logger } = await start([{ network: '192.0.2.0/24' }])
          const client = await UdpClient.open(at)
          const nobody = { ...KEY, name: canonicalName('nobody.') }
          const liar = { ...KEY, secret: new Uint8Array(32) }
          for (const key of [nobody, liar, nobody, liar, nobody])
            await client.ask(signMessage(queryOf(ZONE, 'SOA'), key, Date.now()).bytes)
          await client.ask(transferQuery(ZONE, { since: 1 }).bytes)
          client.close()
          const told = () => logger.messagesOf('dns.transfer-refused')
          expect(await until(() => told().length === 3)).toBe(true)
          expect(told()).toEqual([
            '127.0.0.1 was refused: the key or its algorithm is not known here (key nobody.)',
            '127.0.0.1 was refused: the signature is wrong: another secret of the same name (key fleet.)',
            `127.0.0.1 was refused: no transfer for this address or key (${ZONE}.)`,
          ])
        })

        it('leave room for the signature in a short reply', async () => {
          const text = Array.from({ length: 26 }, (_, i) => `wide A 192.0.2.${i}`).join('\n')
          const zone = zoneOf('w.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)
          const { at } = await start([], snapshotOf(zone))
          const client = await UdpClient.open(at)
          const { bytes } = signMessage(queryOf('wide.w.test', 'A'), KEY, Date.now())
          const reply = await client.ask(bytes)
          expect(reply.length).toBeLessThanOrEqual(512)
          expect((reply[2] ?? 0) & 0x02).toBe(2)
          client.close()
        })
      })
    },
  )
