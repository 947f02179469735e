import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { SocketAddress } from '../../../../src/core/settings.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { readMessage } from '../../../../src/wire/dns/read-message.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { verifyRequest } from '../../../../src/wire/dns/tsig/verify-request.ts'
import { startResponder, UdpClient, until } from '../../../support/dns-client.ts'
import { queryOf } from '../../../support/dns-query.ts'
import { readReply } from '../../../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../../../support/dns-zone.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { udpWays } from '../../../support/responder-batch.ts'
import { takeZone } from '../../../support/transfer-client.ts'

const SECRET = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const KEY = tsigKey('fleet', 'hmac-sha256', SECRET)
const NAME = canonicalName('fleet.')

const version = (serial: number) =>
  zoneOf('v.test.', `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n@ A 10.0.0.${serial}`)

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** A secondary in small: acknowledges what it is told, and does at once what real ones do next. */
class Follower {
  readonly told: number[] = []
  readonly faults: string[] = []
  /** Of the primary; asked over UDP as soon as a NOTIFY comes. */
  at: SocketAddress | undefined
  readonly #socket: Socket = createSocket('udp4')
  readonly answered: string[] = []

  async start(): Promise<number> {
    this.#socket.on('message', (bytes, from) => {
      this.#take(bytes, from).catch((error: unknown) => this.faults.push(String(error)))
    })
    this.#socket.bind(0, '127.0.0.1')
    await once(this.#socket, 'listening')
    return this.#socket.address().port
  }

  close(): void {
    this.#socket.close()
  }

  async #take(bytes: Buffer, from: { address: string; port: number }): Promise<void> {
    const check = verifyRequest(bytes, new Map([[NAME, KEY]]), Date.now())
    if (check.kind !== 'signed') throw new Error(`a NOTIFY that is ${check.kind}`)
    const reading = readMessage(check.message)
    if (!reading.ok) throw new Error(reading.fault)
    const soa = reading.message.answers[0]?.rdata
    if (soa?.type !== 'SOA') throw new Error('a NOTIFY without its SOA')
    this.told.push(soa.serial)
    const reply = Buffer.from(check.message)
    reply[2] = (reply[2] ?? 0) | 0x80
    const signed = signMessage(reply, KEY, Date.now(), { requestMac: check.mac })
    this.#socket.send(signed.bytes, from.port, from.address)
    if (this.at === undefined) return
    const client = await UdpClient.open(this.at)
    const { answer } = readReply(await client.ask(queryOf('v.test', 'SOA')))
    client.close()
    this.answered.push(`${soa.serial} ${answer[0]?.split(' ')[5]}`)
  }
}

async function start({ io, workerUrl }: { io: 'dgram' | 'batch'; workerUrl: URL }) {
  const follower = new Follower()
  open.push(follower)
  const to = { address: '127.0.0.1', port: await follower.start() }
  const logger = recordingLogger()
  const responder = await startResponder({
    logger,
    workerUrl,
    snapshot: snapshotOf(version(1)),
    settings: {
      io,
      keys: [{ name: NAME, algorithm: 'hmac-sha256', secret: SECRET }],
      transfer: { allow: [{ key: NAME }], zones: new Map(), journalChanges: 200, maxConcurrent: 4 },
      notify: { targets: [{ to, key: NAME }], timeoutMs: 300, retries: 5 },
    },
  })
  open.push(responder)
  follower.at = responder.at
  return { follower, responder, logger }
}

for (const way of await udpWays()) {
  const { io, missing } = way
  describe.skipIf(missing !== undefined)(
    `NOTIFY with UDP by ${io}${missing === undefined ? '' : ` (${missing})`}`,
    () => {
      it('is signed, and comes when an SOA asked for over UDP has the new serial already', async () => {
        const { follower, responder } = await start(way)
        expect(await until(() => follower.told.length > 0)).toBe(true)
        for (let serial = 2; serial <= 30; serial++) {
          responder.publish(snapshotOf(version(serial)))
          expect(
            await until(() => follower.answered.length >= serial - 1 && follower.told.at(-1) === serial),
          ).toBe(true)
        }
        expect(await until(() => follower.answered.at(-1) === '30 30')).toBe(true)
        expect(follower.faults).toEqual([])
        for (const one of follower.answered) {
          const [told, answered] = one.split(' ').map(Number)
          expect(answered).toBeGreaterThanOrEqual(told ?? Number.NaN)
        }
      })

      it('of a hundred changes in a row ends with the last, which the changes lead to', async () => {
        const { follower, responder, logger } = await start(way)
        expect(await until(() => follower.told.at(-1) === 1)).toBe(true)
        for (let serial = 2; serial <= 101; serial++) responder.publish(snapshotOf(version(serial)))
        expect(await until(() => follower.told.at(-1) === 101)).toBe(true)
        const { records } = await takeZone(responder.at, 'v.test', { since: 1, key: KEY })
        expect(records[0]).toContain(' 101 ')
        expect(records.at(-2)).toBe('v.test. 30 A 10.0.0.101')
        // 100 changes, each with its SOA twice and its address twice, between SOAs of the last version.
        expect(records).toHaveLength(402)
        expect(logger.messagesOf('notify.gave-up')).toEqual([])
        expect(follower.faults).toEqual([])
      })
    },
  )
}
