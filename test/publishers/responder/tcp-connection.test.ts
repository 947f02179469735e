import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/ports.ts'
import { Answerer } from '../../../src/publishers/responder/answerer.ts'
import { Tally } from '../../../src/publishers/responder/tally.ts'
import { TcpConnection } from '../../../src/publishers/responder/tcp-connection.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { framed } from '../../support/dns-client.ts'
import { queryOf } from '../../support/dns-query.ts'
import { OTHER, snapshotOf, VOICE } from '../../support/dns-zone.ts'
import { seededRandom } from '../../support/virtual-time.ts'

/** A stream in place of a socket, that keeps each write as the system would see it. */
function connection() {
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
  new TcpConnection(stream as unknown as Socket, 'client', {
    answerer,
    tally,
    out: Buffer.alloc(65_535),
    active: () => {},
    closed: () => {},
    idleTimeoutMs: () => 10_000,
  })
  return { stream, writes, tally }
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
})
