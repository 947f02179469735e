import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { TYPE } from '../../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { createSigner } from '../../../../src/wire/dns/tsig/sign.ts'
import { verifyRequest } from '../../../../src/wire/dns/tsig/verify-request.ts'
import { MessageWriter, SECTION } from '../../../../src/wire/dns/write-message.ts'
import { linesOf, readAll, updateProvider } from '../../../support/update-provider.ts'
import { KEY } from '../../../support/update-server.ts'

const ZONE = 'example.test'
const APEX = canonicalName(`${ZONE}.`)
const keyed = tsigKey(KEY.name, KEY.algorithm, KEY.secret)

/** One message of a transfer: records by a letter, `s` and `t` for SOAs of two serials, `f` for a foreign one. */
type Part = {
  readonly records: string
  readonly id?: number
  readonly signed?: boolean
  readonly raw?: Uint8Array
}

describe('a transfer', () => {
  let server: Server
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  /** Answers every question with these messages, cut into pieces of `pieceOctets`. */
  const answering = async (parts: readonly Part[], pieceOctets = 100_000) => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const check = verifyRequest(
          new Uint8Array(bytes.subarray(2)),
          new Map([[keyed.name, keyed]]),
          Date.now(),
        )
        if (check.kind !== 'signed') throw new Error(check.kind)
        const signer = createSigner(keyed, check.mac)
        const stream = Buffer.concat(
          parts.map(({ records, id = bytes.readUInt16BE(2), signed = true, raw }) => {
            const message = raw ?? messageOf(records, id)
            return framed(signed && raw === undefined ? signer.sign(message, Date.now()) : message)
          }),
        )
        for (let at = 0; at < stream.length; at += pieceOctets)
          socket.write(stream.subarray(at, at + pieceOctets))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = { address: '127.0.0.1', port: (server.address() as AddressInfo).port }
    return readAll(updateProvider(at, { zone: ZONE, read: 'transfer', timeout: '300ms' }), ZONE)
  }

  it.each([
    ['one message', ['sabs'], 100_000],
    ['many messages', ['s', 'a', 'b', 's'], 100_000],
    ['segments of three octets', ['sa', 'bs'], 3],
  ])('is read from %s', async (_, parts, pieceOctets) => {
    const sets = await answering(
      parts.map((records) => ({ records })),
      pieceOctets,
    )
    expect(linesOf(sets)).toEqual([`a.${ZONE}. 30 IN A 192.0.2.97`, `b.${ZONE}. 30 IN A 192.0.2.98`])
  })

  it('may leave messages unsigned, but not the last', async () => {
    const sparse = [{ records: 's' }, { records: 'a', signed: false }, { records: 'bs', signed: false }]
    await expect(answering(sparse)).rejects.toMatchObject({ fault: 'credentials' })
  })

  it.each<[string, readonly Part[], string, RegExp]>([
    ['does not begin with its SOA', [{ records: 'as' }], 'protocol', /begin with the SOA/],
    ['begins with the SOA of another zone', [{ records: 'fs' }], 'protocol', /begin with the SOA/],
    ['ends in another serial', [{ records: 'sat' }], 'protocol', /two SOAs differ/],
    ['goes on behind its end', [{ records: 'sasb' }], 'protocol', /behind the last SOA/],
    ['has a message without records', [{ records: 's' }, { records: '' }], 'protocol', /without records/],
    [
      'changes its id',
      [{ records: 's' }, { records: 'as', id: 7 }],
      'protocol',
      /signature|nothing that was asked/,
    ],
    ['begins unsigned', [{ records: 'sas', signed: false }], 'credentials', /not signed/],
    [
      'has an unsigned forgery in the middle',
      [{ records: 's' }, { records: 'b', signed: false }, { records: 'as' }],
      'protocol',
      /BADSIG/,
    ],
    ['is no DNS', [{ records: '', raw: new Uint8Array(40) }], 'credentials', /not signed/],
    ['is cut short', [{ records: '', raw: new Uint8Array(5) }], 'protocol', /malformed/],
    ['never ends', [{ records: 'sa' }], 'timeout', /within 300 ms/],
  ])('that %s is not believed', async (_, parts, fault, words) => {
    const error = await answering(parts).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ fault, message: expect.stringMatching(words) })
  })
})

function messageOf(records: string, id: number): Uint8Array {
  const writer = new MessageWriter(id, 0x8400)
  writer.question(APEX, TYPE.AXFR)
  for (const letter of records) {
    const name = letter === 'f' ? canonicalName('other.test.') : APEX
    const times = { refresh: 1, retry: 1, expire: 1, minimum: 1 }
    if ('stf'.includes(letter))
      writer.record(SECTION.ANSWER, name, 30, {
        type: 'SOA',
        mname: APEX,
        rname: APEX,
        serial: letter.charCodeAt(0),
        ...times,
      })
    else
      writer.record(SECTION.ANSWER, canonicalName(letter, APEX), 30, {
        type: 'A',
        address: `192.0.2.${letter.charCodeAt(0)}`,
      })
  }
  return writer.bytes()
}

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 0xff), message])
}
