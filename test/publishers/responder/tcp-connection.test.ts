import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/ports.ts'
import { Answerer } from '../../../src/publishers/responder/answerer.ts'
import { Tally } from '../../../src/publishers/responder/tally.ts'
import { TcpConnection } from '../../../src/publishers/responder/tcp-connection.ts'
import type { TransferDesk } from '../../../src/publishers/responder/transfer/desk.ts'
import { Slots } from '../../../src/publishers/responder/transfer/slots.ts'
import { TYPE } from '../../../src/wire/dns/constants.ts'
import { ROOT } from '../../../src/wire/dns/name.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { framed } from '../../support/dns-client.ts'
import { queryOf } from '../../support/dns-query.ts'
import { OTHER, snapshotOf, VOICE } from '../../support/dns-zone.ts'
import { seededRandom } from '../../support/virtual-time.ts'

/** A stream in place of a socket, that keeps each write as the system would see it. */
function connection(transfers?: TransferDesk) {
  const writes: Buffer[] = []
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk)
      setImmediate(done)
    },
    writev: (chunks, done) => {
      writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)))
      setImmediate(done)
    },
  })
  const tally = new Tally()
  const answerer = new Answerer({
    random: seededRandom(1),
    logger: silentLogger,
    tally,
    clock: { nowMs: () => 0 },
  })
  answerer.context.view = compileSnapshot(snapshotOf(VOICE, OTHER))
  const one = new TcpConnection(stream as unknown as Socket, 'client', {
    answerer,
    tally,
    transfers,
    out: Buffer.alloc(65_535),
    active: () => {},
    closed: () => {},
    idleTimeoutMs: () => 10_000,
  })
  return { stream, writes, tally, one }
}

const A = framed(queryOf('voice.example.test', 'A'))

describe('TcpConnection', () => {
  it('sends the answers of one turn, each with its length, in one write (RFC 7766 section 8)', async () => {
    const { stream, writes, tally } = connection()
    stream.push(Buffer.concat([A, A, A]))
    await new Promise((resolve) => setImmediate(resolve))
    expect(tally.queriesTcp).toBe(3)
    expect(writes).toHaveLength(1)
    expect(writes[0]?.readUInt16BE(0)).toBe((writes[0]?.length ?? 0) / 3 - 2)
  })
  it('lives while a transfer moves, and answers nothing before its end', async () => {
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const kinds: boolean[] = []
    const messages = [1, 2, 3].map((octet) => Buffer.alloc(20, octet))
    const transfers = {
      slots: new Slots(1),
      grant: (bytes: Uint8Array) =>
        bytes[1] === 9
          ? { zone: ROOT, qtype: TYPE.AXFR, kind: 'full', messages: messages.values() }
          : undefined,
      ended: (_: unknown, whole: boolean) => kinds.push(whole),
    }
    const { stream, writes, one } = connection(transfers as unknown as TransferDesk)
    stream.push(Buffer.concat([framed(queryOf('voice.example.test', 'AXFR', { id: 9 })), A]))
    await turn()
    // Whoever makes room for a newcomer lets this one be.
    expect(one.blocked).toBe(true)
    for (let moved = 0; kinds.length === 0; moved = writes.length) {
      one.idleTurns = 5
      while (writes.length === moved && kinds.length === 0) await turn()
      expect(one.idleTurns).toBe(0)
    }
    await turn()
    expect([kinds, one.blocked]).toEqual([[true], false])
    const sent = Buffer.concat(writes)
    expect(sent.subarray(0, 66)).toEqual(Buffer.concat(messages.map((message) => framed(message))))
    expect(sent.length).toBeGreaterThan(66 + 12)
  })
})
