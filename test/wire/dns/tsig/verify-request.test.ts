import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RCODE } from '../../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { type TsigAlgorithm, tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { FUDGE_S, signatureSize, signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { signRefusal, verifyRequest } from '../../../../src/wire/dns/tsig/verify-request.ts'
import { verifyResponse } from '../../../../src/wire/dns/tsig/verify-response.ts'
import { MessageSizeError } from '../../../../src/wire/dns/write-message.ts'
import { u16 } from '../../../support/dns-query.ts'

import {
  hmac,
  key,
  keys,
  NOW_MS,
  NOW_S,
  other,
  request,
  response,
  SECRET,
  signed,
  tsigOf,
  variables,
  withTsig,
} from './sample.ts'

describe('a signed request', () => {
  it('carries the MAC of message and variables, the original id, and one record more (RFC 8945 section 4.3)', () => {
    const tsig = tsigOf(signed.bytes)
    expect(tsig).toEqual({
      keyName: canonicalName('update-key.example.'),
      algorithmName: 'hmac-sha256.',
      timeSignedS: NOW_S,
      fudgeS: FUDGE_S,
      mac: hmac(request, ...variables()),
      originalId: 0xbeef,
      error: 0,
      otherData: new Uint8Array(),
    })
    expect(signed.mac).toEqual(tsig.mac)
    expect(signed.bytes[11]).toBe(1)
    expect(signed.bytes).toHaveLength(request.length + signatureSize(key))
  })

  it.each(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const)(
    'is accepted with %s, and so is its answer',
    (algorithm: TsigAlgorithm) => {
      const strong = tsigKey('k.', algorithm, SECRET.toString('base64'))
      const asked = signMessage(request, strong, NOW_MS)
      const check = verifyRequest(asked.bytes, new Map([[strong.name, strong]]), NOW_MS)
      if (check.kind !== 'signed') throw new Error(check.kind)
      expect(Buffer.from(check.message)).toEqual(request)
      const answer = signMessage(response, strong, NOW_MS, { requestMac: check.mac })
      expect(verifyResponse(answer.bytes, strong, asked.mac, NOW_MS)).toMatchObject({
        ok: true,
        signed: true,
      })
    },
  )

  it('keeps its MAC when a forwarder changes the id (RFC 8945 section 4.3.2)', () => {
    const forwarded = Uint8Array.from(signed.bytes)
    forwarded.set(u16(0x0101))
    const check = verifyRequest(forwarded, keys, NOW_MS)
    expect(check.kind).toBe('signed')
    if (check.kind === 'signed') expect(Buffer.from(check.message)).toEqual(request)
  })

  it('is left as it came, and nothing that was read of it changes with the buffer it came in', () => {
    const buffer = Buffer.from(signed.bytes)
    const check = verifyRequest(buffer, keys, NOW_MS)
    expect(buffer.equals(signed.bytes)).toBe(true)
    if (check.kind !== 'signed') throw new Error(check.kind)
    buffer.fill(0xee)
    expect(Buffer.from(check.message).equals(request)).toBe(true)
    expect(Buffer.from(check.mac)).toEqual(Buffer.from(tsigOf(signed.bytes).mac))
  })

  it('is refused for any octet that was changed on the way, and never by an exception', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: signed.bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const forged = Uint8Array.from(signed.bytes)
          forged[at] = (forged[at] ?? 0) ^ flip
          const kind = verifyRequest(forged, keys, NOW_MS).kind
          // The case of both names is not covered: the digest has them in lower case (RFC 8945 section 4.3.3).
          const owner = at - request.length
          const inNames = (owner >= 0 && owner < 20) || (owner >= 30 && owner < 43)
          const onlyCase =
            inNames && flip === 0x20 && /[a-z]/.test(String.fromCharCode(signed.bytes[at] ?? 0))
          expect(kind === 'signed').toBe(onlyCase)
        },
      ),
      { seed: 8945, numRuns: 3000 },
    )
  })

  it('does not fit where it would pass 65535 octets', () => {
    expect(() => signMessage(new Uint8Array(65_535 - signatureSize(key) + 1), key, NOW_MS)).toThrow(
      MessageSizeError,
    )
  })
})

/** The request with octets more in the rdata of its TSIG, counted there: no MAC covers them. */
function withinTsig(more: Uint8Array): Uint8Array {
  const longer = Buffer.concat([signed.bytes, more])
  // Behind the request: the owner's octets, then type, class and TTL.
  const rdlengthAt = request.length + 20 + 8
  longer.writeUInt16BE(longer.readUInt16BE(rdlengthAt) + more.length, rdlengthAt)
  return longer
}

/** The same octets, the last record counted with the answers. */
function amongAnswers(bytes: Uint8Array): Uint8Array {
  const moved = Buffer.from(bytes)
  moved.writeUInt16BE(1, 6)
  moved.writeUInt16BE(0, 10)
  return moved
}

describe('a server', () => {
  const refusal = (bytes: Uint8Array, nowMs = NOW_MS) => {
    const check = verifyRequest(bytes, keys, nowMs)
    return check.kind === 'refused' ? check.error : check.kind
  }
  const truncated = (octets: number) => withTsig(request, { mac: tsigOf(signed.bytes).mac.slice(0, octets) })

  it.each([
    ['no TSIG', request, 'unsigned'],
    ['an unknown key', signMessage(request, other, NOW_MS).bytes, RCODE.BADKEY],
    [
      'our key with another algorithm',
      withTsig(request, { algorithmName: canonicalName('hmac-sha1.') }),
      RCODE.BADKEY,
    ],
    ['a wrong secret', signMessage(request, { ...other, name: key.name }, NOW_MS).bytes, RCODE.BADSIG],
    ['a MAC cut to half', truncated(16), RCODE.BADTRUNC],
    ['a MAC cut shorter (section 5.2.2.1)', truncated(15), 'malformed'],
    ['a MAC longer than the hash', withTsig(request, { mac: new Uint8Array(33) }), 'malformed'],
    [
      'a TSIG before another record',
      (() => {
        const bytes = Buffer.concat([signed.bytes, Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])])
        bytes[11] = 2
        return bytes
      })(),
      'malformed',
    ],
    ['octets behind the TSIG', Buffer.concat([signed.bytes, Buffer.of(0)]), 'malformed'],
    ['octets behind the fields of the TSIG', withinTsig(Buffer.of(0)), 'malformed'],
    ['a TSIG among the answers', amongAnswers(signed.bytes), 'malformed'],
  ])('judges %s', (_, bytes, expected) => {
    expect(refusal(bytes)).toBe(expected)
  })

  it.each([
    [300, 'signed'],
    [-300, 'signed'],
    [301, RCODE.BADTIME],
    [-301, RCODE.BADTIME],
  ])('with a clock %i s apart says %s', (apartS, expected) => {
    expect(refusal(signed.bytes, NOW_MS + apartS * 1000)).toBe(expected)
  })

  it('looks at the MAC before the time: a forger learns nothing of our clock (section 5.2)', () => {
    expect(refusal(signMessage(request, { ...other, name: key.name }, 0).bytes)).toBe(RCODE.BADSIG)
  })

  it.each([
    ['BADKEY', signMessage(request, other, NOW_MS).bytes],
    ['BADSIG', signMessage(request, { ...other, name: key.name }, NOW_MS).bytes],
  ] as const)('says %s without a MAC (section 5.3.2)', (name, bytes) => {
    const check = verifyRequest(bytes, keys, NOW_MS)
    if (check.kind !== 'refused') throw new Error(check.kind)
    expect(tsigOf(signRefusal(response, check, NOW_MS))).toMatchObject({
      mac: new Uint8Array(),
      error: RCODE[name],
      keyName: check.tsig.keyName,
    })
  })

  it("says BADTIME signed, with the request's time and its own (section 5.2.3)", () => {
    const lateMs = NOW_MS + 3_600_000
    const check = verifyRequest(signed.bytes, keys, lateMs)
    if (check.kind !== 'refused') throw new Error(check.kind)
    const said = signRefusal(response, check, lateMs)
    const otherData = Buffer.from('00006553ff10', 'hex')
    expect(tsigOf(said)).toMatchObject({
      timeSignedS: NOW_S,
      error: RCODE.BADTIME,
      otherData: Uint8Array.from(otherData),
      mac: hmac(u16(32), signed.mac, response, ...variables(RCODE.BADTIME, otherData)),
    })
    expect(verifyResponse(said, key, signed.mac, NOW_MS)).toEqual({
      ok: false,
      fault: 'badtime',
      by: 'peer',
      authentic: true,
      peerTimeS: NOW_S + 3600,
    })
  })
})
