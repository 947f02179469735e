import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Frame, SipFramer } from '../../../src/wire/sip/framing.ts'
import { SIP_LIMITS } from '../../../src/wire/sip/parse.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const message = (body = '', extra = '') =>
  `SIP/2.0 200 OK\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`

function shown(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    if (frame.kind === 'message') return Buffer.from(frame.bytes).toString('latin1')
    return frame.kind === 'fault' ? `fault: ${frame.fault}` : 'keepalive'
  })
}

describe('framing a stream', () => {
  test('several messages in one read come apart, keep-alives between them are told', () => {
    const framer = new SipFramer()
    const frames = framer.push(bytes(`\r\n\r\n${message('one')}${message()}\r\n${message('three')}`))
    expect(shown(frames)).toEqual(['keepalive', message('one'), message(), 'keepalive', message('three')])
    expect(framer.heldBytes).toBe(0)
  })

  test('however the stream is cut, the same messages come out', () => {
    const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', ' ', ':'), maxLength: 60 })
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 8 }), sizes, (bodies, cuts) => {
        const stream = bytes(bodies.map((each) => message(each)).join(''))
        const framer = new SipFramer()
        const got: string[] = []
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = cuts[cut % cuts.length] ?? 1
          got.push(...shown(framer.push(stream.subarray(at, at + size))))
          at += size
        }
        expect(got).toEqual(bodies.map((each) => message(each)))
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  test.each([
    ['no-content-length', 'SIP/2.0 200 OK\r\nVia: x\r\n\r\n'],
    ['content-length', message().replace(': 0', ': -5')],
    ['content-length', message().replace(': 0', ': 99999999999')],
    ['message-too-long', message().replace(': 0', ': 999999999')],
    ['header-line', 'SIP/2.0 200 OK\r\nrubbish\r\nContent-Length: 0\r\n\r\n'],
    ['no-content-length', '\x16\x03\x01 what is this\r\n\r\n'],
  ])('%s ends it', (fault, text) => {
    const framer = new SipFramer()
    expect(shown(framer.push(bytes(text)))).toEqual([`fault: ${fault}`])
    expect(framer.push(bytes(message()))).toEqual([])
    expect(framer.heldBytes).toBe(0)
  })

  test('messages before a fault are given', () => {
    const frames = new SipFramer().push(bytes(`${message('a')}SIP/2.0 200 OK\r\n\r\n`))
    expect(shown(frames)).toEqual([message('a'), 'fault: no-content-length'])
  })

  test('headers that never end are cut off at the limit, and no more is held', () => {
    const framer = new SipFramer()
    const frames: Frame[] = []
    for (let sent = 0; sent < 4 * SIP_LIMITS.messageBytes && frames.length === 0; sent += 1000) {
      frames.push(...framer.push(bytes('A: 12345\r\n'.repeat(100))))
      expect(framer.heldBytes).toBeLessThanOrEqual(SIP_LIMITS.messageBytes + 1000)
    }
    expect(shown(frames)).toEqual(['fault: message-too-long'])
  })

  test('a large read of small messages holds little', () => {
    const framer = new SipFramer()
    const frames = framer.push(bytes(message('abc').repeat(5000)))
    expect(frames).toHaveLength(5000)
    expect(framer.heldBytes).toBe(0)
  })

  test('bytes that trickle in one by one are each looked at once', () => {
    const framer = new SipFramer()
    const stream = bytes('A: 1\r\n'.repeat(10_000))
    const startMs = performance.now()
    for (const byte of stream) framer.push(Uint8Array.of(byte))
    // Some 30 ms; looking at all of it again with each byte takes a hundred times as long.
    expect(performance.now() - startMs).toBeLessThan(1000)
    expect(framer.heldBytes).toBe(stream.length)
  })

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (chunks) => {
        const framer = new SipFramer()
        for (const chunk of chunks) expect(Array.isArray(framer.push(chunk))).toBe(true)
      }),
      { seed: 5, numRuns: 1000 },
    )
  })
})
