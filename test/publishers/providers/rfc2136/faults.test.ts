import { describe, expect, it } from 'vitest'
import {
  BareRefusal,
  questionError,
  skewWords,
  tsigError,
  updateError,
} from '../../../../src/publishers/providers/rfc2136/faults.ts'
import { RCODE } from '../../../../src/wire/dns/constants.ts'
import type { TsigFault } from '../../../../src/wire/dns/tsig/verify-response.ts'

describe('the RCODE of an update', () => {
  it.each([
    ['FORMERR', 'protocol', false],
    ['SERVFAIL', 'failed', true],
    ['NXDOMAIN', 'conflict', true],
    ['NOTIMP', 'scope', false],
    ['REFUSED', 'refused', false],
    ['YXDOMAIN', 'conflict', true],
    ['YXRRSET', 'conflict', true],
    ['NXRRSET', 'conflict', true],
    ['NOTAUTH', 'no-zone', false],
    ['NOTZONE', 'refused', false],
  ] as const)('%s is %s', (name, fault, retryable) => {
    const error = updateError(RCODE[name])
    expect(error).toMatchObject({ fault, retryable, apiCode: name, uncertain: name === 'SERVFAIL' })
    expect(error.message).toContain(name)
  })

  it('that no update has is told by its number', () => {
    expect(updateError(15)).toMatchObject({ fault: 'protocol', apiCode: 'RCODE15' })
  })

  it('after a message that was sent twice leaves it open what was done', () => {
    expect(updateError(RCODE.NXRRSET, { uncertain: true }).uncertain).toBe(true)
  })
})

describe('the answer to a question', () => {
  it.each([
    [RCODE.NOERROR, 'no-zone', /without authority/],
    [RCODE.REFUSED, 'no-zone', /REFUSED/],
    [RCODE.NOTAUTH, 'no-zone', /NOTAUTH/],
    [RCODE.SERVFAIL, 'failed', /SERVFAIL/],
    [RCODE.NOTIMP, 'protocol', /NOTIMP/],
  ])('with RCODE %i is %s', (rcode, fault, words) => {
    const error = questionError(rcode, 'example.com.')
    expect(error.fault).toBe(fault)
    expect(error.message).toMatch(words)
  })
})

describe('a fault of the signature', () => {
  const NOW_MS = 1_700_000_000_000
  const fault = (
    kind: TsigFault['fault'],
    by: TsigFault['by'],
    authentic = false,
    peerTimeS?: number,
  ): TsigFault => ({
    ok: false,
    fault: kind,
    by,
    authentic,
    ...(peerTimeS === undefined ? {} : { peerTimeS }),
  })
  it.each([
    ['no such key', fault('badkey', 'peer'), RCODE.NOTAUTH, 'credentials', true, true],
    ['another secret', fault('badsig', 'peer'), RCODE.NOTAUTH, 'credentials', true, true],
    ['BADTIME, signed', fault('badtime', 'peer', true, 1_700_000_900), RCODE.NOTAUTH, 'clock', false, false],
    [
      'a reply of another time',
      fault('badtime', 'us', true, 1_699_999_000),
      RCODE.NOERROR,
      'clock',
      true,
      false,
    ],
    ['refused without a signature', fault('unsigned', 'us'), RCODE.REFUSED, 'credentials', true, true],
    ['accepted without a signature', fault('unsigned', 'us'), RCODE.NOERROR, 'credentials', true, false],
    ['a wrong MAC', fault('badsig', 'us'), RCODE.NOERROR, 'protocol', true, false],
    ['no message', fault('malformed', 'us'), undefined, 'protocol', true, false],
  ])('%s', (_, given, rcode, kind, uncertain, bare) => {
    const error = tsigError(given, NOW_MS, rcode)
    expect(error).toMatchObject({ fault: kind, uncertain })
    expect(error instanceof BareRefusal).toBe(bare)
  })

  it.each([
    [90, "the server's clock is 90 s ahead of ours"],
    [-900, "the server's clock is 15 min 0 s behind ours"],
    [3_600 * 3 + 120, "the server's clock is 3 h 2 min ahead of ours"],
    [-86_400 * 400, "the server's clock is 400 days behind ours"],
    [undefined, "the server's clock and ours disagree"],
  ])('tells clocks that are %s s apart', (apartS, expected) => {
    const words = skewWords(apartS === undefined ? undefined : 1_700_000_000 + apartS, NOW_MS)
    expect(words).toMatch(new RegExp(`^${expected}: TSIG allows 300 s; run NTP on both`))
  })
})
