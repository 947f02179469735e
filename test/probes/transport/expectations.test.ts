import { describe, expect, test } from 'vitest'
import { type Expectation, Expectations } from '../../../src/probes/transport/expectations.ts'

const BRANCH = 'z9hG4bK-ours'

/** An INVITE that waits, with what it was told of. */
function waiting(cancels = true) {
  const heard: string[] = []
  const counts = { malformed: 0, foreign: 0, requests: 0 }
  const expectations = new Expectations(counts)
  const expectation: Expectation = {
    branch: BRANCH,
    callId: 'call-1',
    method: 'INVITE',
    onResponse: ({ status }) => heard.push(`response ${status}`),
    onBroken: (why) => heard.push(`broken ${why}`),
    onFault: ({ reason }) => heard.push(`fault ${reason}`),
    onStray: () => heard.push('stray'),
    ...(cancels ? { onCancelResponse: ({ status }) => heard.push(`cancel ${status}`) } : {}),
  }
  expectations.add(expectation)
  return { heard, counts, expectations, expectation }
}

interface Said {
  readonly branch?: string
  readonly callId?: string
  readonly cseq?: string
  readonly start?: string
}

function message({ branch = BRANCH, callId = 'call-1', cseq = '1 INVITE', start = 'SIP/2.0 200 OK' }: Said) {
  const lines = [start, `Via: SIP/2.0/UDP 192.0.2.1;branch=${branch}`, `Call-ID: ${callId}`, `CSeq: ${cseq}`]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

describe('what comes over a shared socket is told apart (RFC 3261 section 17.1.3)', () => {
  test.each<[string, Said, string]>([
    ['the answer', {}, 'response 200'],
    ['a provisional one', { start: 'SIP/2.0 180 Ringing' }, 'response 180'],
    ['the answer to its CANCEL', { cseq: '1 CANCEL' }, 'cancel 200'],
    ['an answer to the CANCEL of another call', { cseq: '1 CANCEL', callId: 'call-2' }, 'stray'],
    ['our branch, another method', { cseq: '1 OPTIONS' }, 'stray'],
    ['our branch, another call', { callId: 'call-2' }, 'stray'],
    ['our branch in other letters', { branch: BRANCH.toUpperCase() }, 'stray'],
    ['another branch', { branch: 'z9hG4bK-theirs' }, 'stray'],
    ['another branch that begins with ours', { branch: `${BRANCH}x` }, 'stray'],
    ['our branch, no CSeq to read', { cseq: 'INVITE' }, 'broken cseq or call-id'],
    ['our branch in what is no SIP', { start: 'HTTP/1.1 200 OK' }, 'broken start-line'],
    ['another branch in what is no SIP', { start: 'HTTP/1.1 200 OK', branch: 'z9hG4bK-theirs' }, 'stray'],
    ['a request of nobody', { start: 'BYE sip:monitor@192.0.2.1 SIP/2.0', cseq: '7 BYE' }, 'stray'],
  ])('%s', (_what, said, expected) => {
    const { heard, expectations } = waiting()
    expectations.deliver(message(said))
    expect(heard).toEqual([expected])
  })

  test('who has no CANCEL is told of no answer to one', () => {
    const { heard, counts, expectations } = waiting(false)
    expectations.deliver(message({ cseq: '1 CANCEL' }))
    expect(heard).toEqual(['stray'])
    expect(counts).toEqual({ malformed: 0, foreign: 1, requests: 0 })
  })

  test('who waits no longer is told of nothing', () => {
    const { heard, expectations, expectation } = waiting()
    expectations.remove(expectation)
    expectations.deliver(message({}))
    expectations.fail({ reason: 'reset', detail: '' })
    expect(heard).toEqual([])
    expect(expectations.size).toBe(0)
  })

  test('a request of a call that is taken goes to its taker alone, until that ends', () => {
    const { heard, counts, expectations } = waiting()
    const taken: string[] = []
    const end = expectations.take('call-1', ({ method }) => taken.push(method))
    const bye = (callId: string) => message({ start: 'BYE sip:x SIP/2.0', cseq: '7 BYE', callId })
    expectations.deliver(bye('call-1'))
    expect([taken, heard]).toEqual([['BYE'], []])
    expectations.deliver(bye('call-2'))
    end()
    expectations.deliver(bye('call-1'))
    expect([taken, heard]).toEqual([['BYE'], ['stray', 'stray']])
    expect(counts.requests).toBe(3)
  })
})
