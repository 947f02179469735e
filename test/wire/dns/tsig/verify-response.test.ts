import { describe, expect, it } from 'vitest'
import { RCODE } from '../../../../src/wire/dns/constants.ts'
import { appendTsig } from '../../../../src/wire/dns/tsig/record.ts'
import { createSigner, signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { createVerifier, verifyResponse } from '../../../../src/wire/dns/tsig/verify-response.ts'
import { queryOf, u16 } from '../../../support/dns-query.ts'

import {
  hmac,
  key,
  NOW_MS,
  NOW_S,
  other,
  response,
  signed,
  TIME,
  tsigOf,
  variables,
  withTsig,
} from './sample.ts'

describe('the answer to a signed request', () => {
  const answer = signMessage(response, key, NOW_MS, { requestMac: signed.mac })
  const check = (bytes: Uint8Array, nowMs = NOW_MS) => verifyResponse(bytes, key, signed.mac, nowMs)

  it("is signed over the request's MAC with its length, message and variables (section 4.3.1)", () => {
    expect(answer.mac).toEqual(hmac(u16(32), signed.mac, response, ...variables()))
    expect(check(answer.bytes)).toEqual({ ok: true, signed: true, message: new Uint8Array(response) })
  })

  const ours = (fault: string, authentic = false) => ({ ok: false, fault, by: 'us', authentic })
  const theirs = (fault: string, authentic = false) => ({ ok: false, fault, by: 'peer', authentic })
  it.each([
    ['unsigned', response, ours('unsigned')],
    [
      'signed by somebody else',
      signMessage(response, other, NOW_MS, { requestMac: signed.mac }).bytes,
      ours('badkey'),
    ],
    [
      'to another request',
      signMessage(response, key, NOW_MS, { requestMac: new Uint8Array(32) }).bytes,
      ours('badsig'),
    ],
    ['a request played back', signed.bytes, ours('badsig')],
    ['no message', Buffer.from('nonsense'), ours('malformed')],
    ['BADKEY', withTsig(response, { mac: new Uint8Array(), error: RCODE.BADKEY }), theirs('badkey')],
    ['BADSIG', withTsig(response, { mac: new Uint8Array(), error: RCODE.BADSIG }), theirs('badsig')],
    [
      'BADTIME without a MAC',
      withTsig(response, { mac: new Uint8Array(), error: RCODE.BADTIME }),
      theirs('badtime'),
    ],
    ['no MAC and no error', withTsig(response, { mac: new Uint8Array() }), ours('malformed')],
    [
      'BADTRUNC',
      signMessage(response, key, NOW_MS, { requestMac: signed.mac, error: RCODE.BADTRUNC }).bytes,
      theirs('badtrunc', true),
    ],
    [
      'cut short',
      appendTsig(response, { ...tsigOf(answer.bytes), mac: answer.mac.slice(0, 20) }),
      ours('badtrunc', true),
    ],
  ])('when %s is told as such', (_, bytes, expected) => {
    expect(check(bytes)).toEqual(expected)
  })

  it("that is older than its fudge is not believed, and the peer's clock is told", () => {
    expect(check(answer.bytes, NOW_MS + 301_000)).toEqual({ ...ours('badtime', true), peerTimeS: NOW_S })
  })
})

describe('an answer of many messages (section 5.3.1)', () => {
  const parts = Array.from({ length: 5 }, (_, i) =>
    queryOf(`part${i}.example.com`, 'SOA', { id: 0xbeef, flags: 0x8400 }),
  )
  const stream = () => {
    const signer = createSigner(key, signed.mac)
    return parts.map((part, i) => signer.sign(part, NOW_MS + i * 1000))
  }

  it('is signed first like any answer, then over the last MAC and the timers', () => {
    const [first, second] = stream().map((bytes) => tsigOf(bytes).mac)
    expect(first).toEqual(hmac(u16(32), signed.mac, parts[0] ?? Buffer.alloc(0), ...variables()))
    const time = Buffer.from('00006553f101', 'hex')
    expect(second).toEqual(
      hmac(u16(32), first ?? new Uint8Array(), parts[1] ?? Buffer.alloc(0), time, u16(300)),
    )
  })

  it('is accepted in its order', () => {
    const verifier = createVerifier(key, signed.mac)
    for (const [i, bytes] of stream().entries())
      expect(verifier.verify(bytes, NOW_MS)).toEqual({
        ok: true,
        signed: true,
        message: new Uint8Array(parts[i] ?? []),
      })
    expect(verifier.finish()).toBeUndefined()
  })

  it.each([
    ['a message left out', [0, 2]],
    ['two exchanged', [0, 2, 1]],
    ['one doubled', [0, 1, 1]],
  ])('is refused with %s', (_, order) => {
    const verifier = createVerifier(key, signed.mac)
    const bytes = stream()
    const results = order.map((i) => verifier.verify(bytes[i] ?? new Uint8Array(), NOW_MS))
    expect(results.some((one) => !one.ok && one.fault === 'badsig')).toBe(true)
    expect(verifier.finish()).toMatchObject({ fault: 'badsig' })
  })

  /** A sender that signs only some: the digest runs over all that came since. */
  const sparse = (unsigned: number) => {
    const signer = createSigner(key, signed.mac)
    const first = signer.sign(parts[0] ?? Buffer.alloc(0), NOW_MS)
    const plain = Array.from({ length: unsigned }, (_, i) => parts[i % 5] ?? Buffer.alloc(0))
    const last = parts[4] ?? Buffer.alloc(0)
    const mac = hmac(u16(32), tsigOf(first).mac, ...plain, last, TIME, u16(300))
    return [first, ...plain, appendTsig(last, { ...tsigOf(first), mac })]
  }
  it.each([
    [0, true],
    [1, true],
    [99, true],
    [100, false],
  ])('may leave %i unsigned in a row: %s', (unsigned, fine) => {
    const verifier = createVerifier(key, signed.mac)
    const results = sparse(unsigned).map((bytes) => verifier.verify(bytes, NOW_MS))
    expect(results.every((one) => one.ok)).toBe(fine)
    expect(verifier.finish() === undefined).toBe(fine)
  })

  it('does not count while its last messages are unsigned, nor where its first is', () => {
    const verifier = createVerifier(key, signed.mac)
    for (const bytes of sparse(3).slice(0, -1)) verifier.verify(bytes, NOW_MS)
    expect(verifier.finish()).toMatchObject({ fault: 'unsigned' })
    expect(createVerifier(key, signed.mac).verify(response, NOW_MS)).toMatchObject({
      ok: false,
      fault: 'unsigned',
    })
    expect(createVerifier(key, signed.mac).finish()).toMatchObject({ fault: 'unsigned' })
  })
})
