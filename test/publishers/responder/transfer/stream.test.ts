import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../../src/core/brand.ts'
import type { Transfer, TransferKind } from '../../../../src/publishers/responder/transfer/desk.ts'
import { Slots } from '../../../../src/publishers/responder/transfer/slots.ts'
import { streamTransfer } from '../../../../src/publishers/responder/transfer/stream.ts'

const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Of a client that reads nothing: every write fills it. */
const stuck = () => new Writable({ highWaterMark: 1, write: () => {} }) as unknown as Socket

const transfer = (kind: TransferKind): Transfer => ({
  zone: 'voice.example.test.' as DomainName,
  qtype: 252,
  kind,
  messages: [new Uint8Array(40), new Uint8Array(40)].values(),
})

function lab(places: number) {
  const slots = new Slots(places)
  const send = (kind: TransferKind) => {
    const seen = { messages: 0, whole: undefined as boolean | undefined }
    const socket = stuck()
    streamTransfer(socket, transfer(kind), {
      slots,
      failed: () => {},
      moved: () => seen.messages++,
      done: (whole) => {
        seen.whole = whole
      },
    })
    return { seen, socket }
  }
  return { slots, send }
}

describe('a transfer whose client does not read', () => {
  it('keeps its place, and those behind it wait, until its connection ends', async () => {
    const { slots, send } = lab(1)
    const first = send('full')
    const second = send('full')
    await turns()
    expect([first.seen.messages, second.seen.messages, slots.running]).toEqual([1, 0, 1])
    first.socket.destroy()
    await turns()
    expect([first.seen.whole, second.seen.messages, slots.running]).toEqual([false, 1, 1])
  })

  it('takes nobody’s place where all it gets is an error: whoever asks may get one', async () => {
    const { slots, send } = lab(1)
    const errors = [send('faulty'), send('faulty'), send('faulty')]
    await turns()
    expect(slots.running).toBe(0)
    const granted = send('full')
    await turns()
    expect(granted.seen.messages).toBe(1)
    expect(errors.map(({ seen }) => seen.messages)).toEqual([1, 1, 1])
  })
})

describe('a transfer that cannot go on', () => {
  it('ends the connection, so that nobody takes a part for the whole, and gives its place back', async () => {
    const slots = new Slots(1)
    const failures: unknown[] = []
    const ends: boolean[] = []
    const socket = new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as Socket
    const broken = function* (): Generator<Uint8Array> {
      yield new Uint8Array(40)
      throw new Error('too long')
    }
    streamTransfer(
      socket,
      { ...transfer('full'), messages: broken() },
      {
        slots,
        failed: (error) => failures.push(error),
        moved: () => {},
        done: (whole) => ends.push(whole),
      },
    )
    await turns()
    expect([socket.destroyed, failures, ends, slots.running]).toEqual([
      true,
      [new Error('too long')],
      [false],
      0,
    ])
  })
})
