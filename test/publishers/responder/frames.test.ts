import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientKey } from '../../../src/publishers/responder/client-key.ts'
import { FRAMING_ERROR, Frames, MAX_QUERY } from '../../../src/publishers/responder/frames.ts'
import { framed } from '../../support/dns-client.ts'

function drain(frames: Frames): Buffer[] {
  const found: Buffer[] = []
  for (let frame = frames.next(); Buffer.isBuffer(frame); frame = frames.next())
    found.push(Buffer.from(frame))
  return found
}

describe('Frames', () => {
  it('cuts the same messages from a stream, whatever its segments were', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 12, maxLength: 300 }), { maxLength: 12 })
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.integer({ min: 1, max: 200 })),
        fc.boolean(),
        (sent, sizes, compacted) => {
          let stream = Buffer.concat(sent.map(framed))
          const frames = new Frames()
          const got: Buffer[] = []
          for (const size of [...sizes, stream.length]) {
            frames.push(stream.subarray(0, size))
            stream = stream.subarray(size)
            got.push(...drain(frames))
            if (compacted) frames.compact()
          }
          expect(got).toEqual(sent.map((one) => Buffer.from(one)))
          expect(frames.pending).toBe(0)
        },
      ),
      { seed: 7766, numRuns: 500 },
    )
  })

  it.each([0, 1, 11, MAX_QUERY + 1, 65535])('takes a length of %i for an error at once', (length) => {
    const frames = new Frames()
    frames.push(Buffer.from([length >> 8, length & 255]))
    expect(frames.next()).toBe(FRAMING_ERROR)
  })

  it('waits for the second octet of a length', () => {
    const frames = new Frames()
    frames.push(Buffer.from([0]))
    expect(frames.next()).toBeUndefined()
    expect(frames.pending).toBe(1)
  })

  it('lets go of the chunk when what is left of it is kept', () => {
    const frames = new Frames()
    const chunk = Buffer.concat([framed(Buffer.alloc(20)), Buffer.from([0, 20, 7])])
    frames.push(chunk)
    drain(frames)
    frames.compact()
    chunk.fill(0xff)
    frames.push(Buffer.alloc(19))
    expect(drain(frames)).toEqual([Buffer.concat([Buffer.from([7]), Buffer.alloc(19)])])
  })
})

describe('clientKey', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:192.0.2.7', '0:0:0:0'],
  ])('of %s is %s', (address, key) => {
    expect(clientKey(address)).toBe(key)
  })
})
