import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { audioOffer, parseAudioAnswer } from '../../../src/wire/sip/sdp.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const answer = (...lines: readonly string[]) => Buffer.from(['v=0', ...lines, ''].join('\r\n'))
const both = ['pcmu', 'pcma'] as const
const CONNECTION = 'c=IN IP4 192.0.2.9'

describe('an SDP offer', () => {
  test('is one G.711 stream with its address, port and direction (RFC 8866, RFC 3264)', () => {
    const offer = audioOffer({
      address: '192.0.2.1',
      port: 4000,
      codecs: ['pcma', 'pcmu'],
      direction: 'sendrecv',
      sessionId: 7,
    })
    expect(text(offer).split('\r\n')).toEqual([
      'v=0',
      'o=- 7 7 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 4000 RTP/AVP 8 0',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ])
  })

  test('names IPv6 as such', () => {
    const offer = audioOffer({
      address: '2001:db8::1',
      port: 9,
      codecs: ['pcmu'],
      direction: 'inactive',
      sessionId: 1,
    })
    expect(text(offer)).toContain('c=IN IP6 2001:db8::1\r\n')
  })
})

describe('an SDP answer', () => {
  test.each([
    [
      [CONNECTION, 'm=audio 4002 RTP/AVP 0'],
      { address: '192.0.2.9', port: 4002, codec: 'pcmu', direction: 'sendrecv' },
    ],
    [[CONNECTION, 'm=audio 4002 RTP/AVP 8 0'], { codec: 'pcma' }],
    [[CONNECTION, 'm=audio 4002 RTP/AVP 101 0'], { codec: 'pcmu' }],
    [[CONNECTION, 'm=audio 4002/1 RTP/AVP 0', 'c=IN IP4 192.0.2.10'], { address: '192.0.2.10' }],
    [['c=IN IP6 2001:DB8::9', 'm=audio 4002 RTP/AVP 0'], { address: '2001:db8::9' }],
    [[CONNECTION, 'a=recvonly', 'm=audio 4002 RTP/AVP 0'], { direction: 'recvonly' }],
    [[CONNECTION, 'a=recvonly', 'm=audio 4002 RTP/AVP 0', 'a=sendrecv'], { direction: 'sendrecv' }],
    [[CONNECTION, 'm=video 5000 RTP/AVP 96', 'm=audio 4002 RTP/AVP 0'], { port: 4002 }],
  ])('%j is %j', (lines, expected) => {
    expect(parseAudioAnswer(answer(...lines), both)).toMatchObject(expected)
  })

  test('with bare line feeds is read as well (RFC 8866 section 5)', () => {
    const bytes = Buffer.from(`v=0\n${CONNECTION}\nm=audio 4002 RTP/AVP 0\n`)
    expect(parseAudioAnswer(bytes, both)).toMatchObject({ port: 4002 })
  })

  test.each([
    [[], 'no-audio'],
    [[CONNECTION, 'm=audio 0 RTP/AVP 0'], 'no-audio'],
    [[CONNECTION, 'm=audio 65536 RTP/AVP 0'], 'no-audio'],
    [[CONNECTION, 'm=audio 4002 RTP/SAVP 0'], 'no-audio'],
    [[CONNECTION, 'm=video 4002 RTP/AVP 0'], 'no-audio'],
    [[CONNECTION, 'm=audio 4002 RTP/AVP 3 18'], 'no-codec'],
    [['m=audio 4002 RTP/AVP 0'], 'no-address'],
    [['c=IN IP4 media.example.com', 'm=audio 4002 RTP/AVP 0'], 'no-address'],
    [['c=IN IP4 0.0.0.0', 'm=audio 4002 RTP/AVP 0'], 'no-address'],
    [['c=IN IP4 239.1.2.3/127', 'm=audio 4002 RTP/AVP 0'], 'no-address'],
    [['c=IN IP4 255.255.255.255', 'm=audio 4002 RTP/AVP 0'], 'no-address'],
  ])('%j is refused as %s', (lines, fault) => {
    expect(parseAudioAnswer(answer(...lines), both)).toBe(fault)
  })

  test('takes no codec that was not offered', () => {
    expect(parseAudioAnswer(answer(CONNECTION, 'm=audio 4002 RTP/AVP 0'), ['pcma'])).toBe('no-codec')
  })

  test('that is no SDP says so', () => {
    for (const body of ['', 'hello', '\0\0', 'm=audio 4002 RTP/AVP 0']) {
      expect(parseAudioAnswer(Buffer.from(body), both)).toBe('no-sdp')
    }
  })

  test('of any bytes is an answer to one host or a fault, never a throw', () => {
    const piece = fc.constantFrom(
      'v=0\r\n',
      'c=IN IP4 ',
      '192.0.2.1',
      '\r\n',
      'm=audio ',
      '4000',
      ' RTP/AVP ',
      '0',
      '8',
      'a=sendonly\r\n',
      '\0',
      'x',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const parsed = parseAudioAnswer(Buffer.from(`v=0\r\n${pieces.join('')}`), both)
        if (typeof parsed === 'string') return
        expect(parsed.port).toBeGreaterThan(0)
        expect(parsed.port).toBeLessThan(65_536)
        expect(parsed.address).toBe('192.0.2.1')
      }),
      { seed: 20261121, numRuns: 2000 },
    )
  })
})
