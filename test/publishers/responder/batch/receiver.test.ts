import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../../src/core/ports.ts'
import { Answerer } from '../../../../src/publishers/responder/answerer.ts'
import { LINUX, type Libc } from '../../../../src/publishers/responder/batch/libc.ts'
import { BATCH, Receiver } from '../../../../src/publishers/responder/batch/receiver.ts'
import { Tally } from '../../../../src/publishers/responder/tally.ts'
import { compileSnapshot } from '../../../support/compile-snapshot.ts'
import { answerTo } from '../../../support/dns-ask.ts'
import { queryOf } from '../../../support/dns-query.ts'
import { OTHER, snapshotOf, VOICE } from '../../../support/dns-zone.ts'
import { seededRandom } from '../../../support/virtual-time.ts'

/** Above 4 GB and near the end of one such stretch, so that a pointer's halves both count and the carry between them does. */
const BASE = 0x7f12_fffe_0000

interface Datagram {
  readonly bytes: Uint8Array
  readonly from: Uint8Array
  readonly control?: Uint8Array
}

/** A C library whose network is two lists, and which finds its way by the pointers alone, as the kernel does. */
class FakeLibc implements Libc {
  readonly arriving: Datagram[] = []
  readonly sent: Datagram[] = []
  /** What `sendmmsg` does next: takes so many, or fails with a negative errno; absent: takes all. */
  readonly sendResults: number[] = []
  freed = 0
  #memory = new ArrayBuffer(0)
  #errno = 0

  allocate(octets: number) {
    this.#memory = new ArrayBuffer(octets)
    return { memory: this.#memory, address: BASE, free: () => this.freed++ }
  }

  recvmmsg(_fd: number, messages: number, count: number): number {
    const taken = this.arriving.splice(0, count)
    for (const [i, { bytes, from, control }] of taken.entries()) {
      const header = this.#at(messages + i * 64)
      expect(header.getUint32(8, true)).toBe(28)
      expect(header.getBigUint64(24, true)).toBe(1n)
      this.#write(header, 0, from)
      header.setUint32(8, from.length, true)
      const room = header.getBigUint64(40, true)
      if (control !== undefined && room >= BigInt(control.length)) {
        this.#write(header, 32, control)
        header.setBigUint64(40, BigInt(control.length), true)
      } else header.setBigUint64(40, 0n, true)
      const vector = this.#at(Number(header.getBigUint64(16, true)))
      expect(vector.getBigUint64(8, true)).toBe(65_536n)
      this.#write(vector, 0, bytes)
      header.setUint32(56, bytes.length, true)
    }
    return taken.length
  }

  sendmmsg(_fd: number, messages: number, count: number): number {
    const result = this.sendResults.shift() ?? count
    if (result < 0) {
      this.#errno = -result
      return -1
    }
    for (let i = 0; i < Math.min(result, count); i++) {
      const header = this.#at(messages + i * 64)
      const vector = this.#at(Number(header.getBigUint64(16, true)))
      const control = this.#read(header, 32, Number(header.getBigUint64(40, true)))
      this.sent.push({
        bytes: this.#read(vector, 0, Number(vector.getBigUint64(8, true))),
        from: this.#read(header, 0, header.getUint32(8, true)),
        ...(control.length === 0 ? {} : { control }),
      })
    }
    return Math.min(result, count)
  }

  errno = () => this.#errno
  errorName = (errno: number) => `E${errno}`
  socket = () => -1
  setsockopt = () => -1
  bind = () => -1
  getsockname = () => -1
  shutdown = () => -1
  clock_nanosleep = () => 0
  close = () => 0
  poll = () => 0

  #at(pointer: number): DataView {
    return new DataView(this.#memory, pointer - BASE)
  }

  #write(from: DataView, at: number, bytes: Uint8Array): void {
    const pointer = Number(from.getBigUint64(at, true))
    new Uint8Array(this.#memory, pointer - BASE, bytes.length).set(bytes)
  }

  #read(from: DataView, at: number, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0)
    return Buffer.from(Buffer.from(this.#memory, Number(from.getBigUint64(at, true)) - BASE, length))
  }
}

function receiver(socket: { ipv6?: boolean; anyAddress?: boolean } = {}) {
  const libc = new FakeLibc()
  const tally = new Tally()
  const clock = { nowMs: () => 0 }
  const answerer = new Answerer({ random: seededRandom(1), logger: silentLogger, tally, clock })
  answerer.context.view = compileSnapshot(snapshotOf(VOICE, OTHER))
  const errnos: number[] = []
  const one = new Receiver(
    { fd: 3, ipv6: socket.ipv6 ?? false, anyAddress: socket.anyAddress ?? false },
    { libc, answerer, tally, failed: (errno) => errnos.push(errno) },
  )
  const turn = () => one.answer(one.receive(LINUX.MSG_WAITFORONE))
  return { libc, tally, errnos, one, turn, answerer }
}

/** `struct sockaddr_in`. */
function from(port: number, last = 7): Buffer {
  const name = Buffer.alloc(16)
  name.writeUInt16LE(2, 0)
  name.writeUInt16BE(port, 2)
  name.set([192, 0, 2, last], 4)
  return name
}

const query = (id: number, name = 'voice.example.test') => queryOf(name, 'A', { id, edns: true })

describe('Receiver', () => {
  it('sends each answer to whom it is due, in one call, the batch over and over', () => {
    const { libc, turn, tally } = receiver()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < BATCH; i++) libc.arriving.push({ bytes: query(i), from: from(1000 + i, i) })
      turn()
      expect(libc.sent).toHaveLength(BATCH)
      for (const [i, { bytes, from: to }] of libc.sent.splice(0).entries()) {
        expect(to).toEqual(from(1000 + i, i))
        expect(bytes).toEqual(answerTo(query(i)))
      }
    }
    expect(tally.queriesUdp).toBe(3 * BATCH)
  })

  it('leaves out what gets no answer, and the others still reach their own', () => {
    const { libc, turn, tally } = receiver()
    const response = query(2)
    response[2] = 0x80
    libc.arriving.push(
      { bytes: Buffer.from([1, 2, 3]), from: from(1001) },
      { bytes: query(1), from: from(1002) },
      { bytes: response, from: from(1003) },
      // Nobody listens on port 0; chargen would answer the answer.
      { bytes: query(3), from: from(0) },
      { bytes: query(3), from: from(19) },
      // 19 by its lower octet alone.
      { bytes: query(5), from: from(0x0113) },
      { bytes: Buffer.alloc(0), from: from(1004) },
      { bytes: query(4), from: from(1005) },
    )
    turn()
    expect(
      libc.sent.map(({ bytes, from: to }) => [bytes[1], Buffer.from(to).readUInt16BE(2)] as const),
    ).toEqual([
      [1, 1002],
      [5, 0x0113],
      [4, 1005],
    ])
    expect(tally).toMatchObject({ queriesUdp: 8, dropped: 5 })
  })

  it('finds everybody again, whatever gaps the batch before had', () => {
    const { libc, turn } = receiver()
    for (const gaps of [[0], [], [1, 3], [2, 3], [], [0, 1, 2, 3]]) {
      for (let i = 0; i < 5; i++)
        libc.arriving.push({
          bytes: gaps.includes(i) ? Buffer.from([1]) : query(i),
          from: from(1000 + i, gaps.length),
        })
      turn()
      const answered = [0, 1, 2, 3, 4].filter((i) => !gaps.includes(i))
      expect(libc.sent.splice(0).map(({ bytes, from: to }) => [bytes[1], to])).toEqual(
        answered.map((i) => [i, from(1000 + i, gaps.length)]),
      )
    }
  })

  it('takes what comes from nobody for the end of a wait, and hears others as before', () => {
    const { libc, turn, tally } = receiver()
    libc.arriving.push({ bytes: Buffer.alloc(0), from: Buffer.alloc(0) })
    turn()
    expect(tally).toMatchObject({ queriesUdp: 0, dropped: 0 })
    libc.arriving.push({ bytes: query(1), from: from(1001) })
    turn()
    expect(libc.sent.map(({ from: to }) => to)).toEqual([from(1001)])
    expect(tally).toMatchObject({ queriesUdp: 1, dropped: 0 })
  })

  it('reads a datagram up to its own end, not into an older one', () => {
    const { libc, turn } = receiver()
    const long = query(1, `${'a'.repeat(60)}.voice.example.test`)
    libc.arriving.push({ bytes: long, from: from(1000) })
    turn()
    const cut = long.subarray(0, 40)
    libc.arriving.push({ bytes: cut, from: from(1000) })
    turn()
    expect(libc.sent[1]?.bytes).toEqual(answerTo(cut))
  })

  it('goes on behind an answer that the system does not take', () => {
    const { libc, turn, tally, errnos } = receiver()
    for (let i = 0; i < 6; i++) libc.arriving.push({ bytes: query(i), from: from(1000 + i) })
    libc.sendResults.push(2, -LINUX.EINTR, -13, 1)
    turn()
    // Two go, the call is interrupted, the third is refused, one goes, then the rest.
    expect(libc.sent.map(({ bytes }) => bytes[1])).toEqual([0, 1, 3, 4, 5])
    expect(errnos).toEqual([13])
    expect(tally.sendErrors).toBe(1)
  })

  it('tells the answer function who asks, by either family', () => {
    const four = receiver()
    four.libc.arriving.push({ bytes: query(1), from: from(1000, 77) })
    four.turn()
    expect([...four.answerer.context.client.octets.subarray(0, 4)]).toEqual([192, 0, 2, 77])
    expect(four.answerer.context.client.length).toBe(4)
    const six = receiver({ ipv6: true })
    const name = Buffer.alloc(28)
    name.writeUInt16LE(10, 0)
    name.writeUInt16BE(1000, 2)
    for (let i = 0; i < 16; i++) name[8 + i] = 0x20 + i
    six.libc.arriving.push({ bytes: query(1), from: name })
    six.turn()
    expect([...six.answerer.context.client.octets]).toEqual(Array.from({ length: 16 }, (_, i) => 0x20 + i))
    expect(six.libc.sent[0]?.from).toEqual(name)
  })

  it('answers from the address that was asked, by whatever interface leads back', () => {
    const { libc, turn } = receiver({ anyAddress: true })
    const told = Buffer.alloc(32)
    told.writeBigUInt64LE(28n, 0)
    told.writeInt32LE(LINUX.IP_PKTINFO, 12)
    told.set([5, 0, 0, 0, 192, 0, 2, 1, 192, 0, 2, 1], 16)
    const due = Buffer.from(told)
    due.fill(0, 16, 20)
    for (let round = 0; round < 2; round++) {
      libc.arriving.push(
        { bytes: query(1), from: from(1000), control: told },
        { bytes: query(2), from: from(1001) },
      )
      turn()
      const [first, second] = libc.sent.splice(0)
      expect(first?.control).toEqual(due)
      expect(second?.control).toBeUndefined()
    }
  })

  it('answers from no address that another query was told of, in the same place of a batch before', () => {
    const { libc, turn } = receiver({ anyAddress: true })
    const told = (last: number) => {
      const control = Buffer.alloc(32)
      control.writeBigUInt64LE(28n, 0)
      control.writeInt32LE(LINUX.IP_PKTINFO, 12)
      control.set([0, 0, 0, 0, 192, 0, 2, last, 192, 0, 2, last], 16)
      return control
    }
    for (const lasts of [
      [1, 2],
      [undefined, undefined],
      [3, undefined],
      [undefined, 4],
      [5, 6],
    ]) {
      for (const [i, last] of lasts.entries())
        libc.arriving.push({
          ...{ bytes: query(i), from: from(1000 + i) },
          ...(last === undefined ? {} : { control: told(last) }),
        })
      turn()
      expect(libc.sent.splice(0).map(({ control }) => control?.[23])).toEqual(lasts)
    }
  })

  it('gives its memory back', () => {
    const { libc, one } = receiver()
    one.close()
    expect(libc.freed).toBe(1)
  })
})
