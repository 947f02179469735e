import { describe, expect, test } from 'vitest'
import type { EstablishedLeg } from '../../../src/probes/call/established-leg.ts'
import { answerRequest, legKey } from '../../../src/probes/call/inbound.ts'
import type { SipFlow } from '../../../src/probes/transport/sip-transports.ts'
import { TransactionTrace } from '../../../src/probes/transport/transaction-trace.ts'
import type { SipRequest } from '../../../src/wire/sip/message.ts'
import { parseMessage } from '../../../src/wire/sip/parse.ts'

function request(method: string, change: (text: string) => string = (text) => text): SipRequest {
  const lines = [
    `${method} sip:monitor@192.0.2.1 SIP/2.0`,
    'Via: SIP/2.0/UDP proxy;branch=z9hG4bK1, SIP/2.0/UDP pbx;branch=z9hG4bK2',
    'v: SIP/2.0/UDP last;branch=z9hG4bK3',
    'From: <sip:600@pbx>;tag=theirs',
    'To: <sip:monitor@192.0.2.1>;tag=ours',
    'Call-ID: c1',
    `CSeq: 7 ${method}`,
  ]
  const parsed = parseMessage(Buffer.from(change(`${lines.join('\r\n')}\r\n\r\n`), 'latin1'))
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('not a request')
  return parsed.value
}

/** What goes back, and whether the leg was told that it is over. */
function answered(asked: SipRequest): { text: string | undefined; isOver: boolean } {
  let text: string | undefined
  let isOver = false
  const flow: Pick<SipFlow, 'send'> = {
    send: (bytes) => {
      text = Buffer.from(bytes).toString('latin1')
    },
  }
  const leg: Pick<EstablishedLeg, 'onRemoteBye'> = {
    onRemoteBye: () => {
      isOver = true
    },
  }
  const legs = new Map([[legKey('c1', 'theirs'), leg as EstablishedLeg]])
  answerRequest(asked, new Uint8Array(0), flow as SipFlow, legs, new TransactionTrace(undefined))
  return { text, isOver }
}

describe('a request of the far end inside a call', () => {
  test.each([
    ['BYE', '200 OK', true],
    ['OPTIONS', '200 OK', false],
    ['INVITE', '488 Not Acceptable Here', false],
    ['INFO', '501 Not Implemented', false],
    ['UPDATE', '501 Not Implemented', false],
    ['CANCEL', '501 Not Implemented', false],
  ])('%s is answered %s', (method, status, isOver) => {
    const { text, ...rest } = answered(request(method))
    expect(text?.split('\r\n')[0]).toBe(`SIP/2.0 ${status}`)
    expect(rest.isOver).toBe(isOver)
  })

  test('ACK is not answered', () => {
    expect(answered(request('ACK'))).toEqual({ text: undefined, isOver: false })
  })

  test('BYE with a tag of no leg is answered 481 and ends nothing', () => {
    const { text, isOver } = answered(request('BYE', (line) => line.replace('tag=theirs', 'tag=others')))
    expect(text).toMatch(/^SIP\/2\.0 481 /)
    expect(isOver).toBe(false)
  })

  test('its answer carries every Via in order, From, To, Call-ID and CSeq as they came (RFC 3261 section 8.2.6.2)', () => {
    expect(answered(request('BYE')).text?.split('\r\n')).toEqual([
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP proxy;branch=z9hG4bK1, SIP/2.0/UDP pbx;branch=z9hG4bK2',
      'Via: SIP/2.0/UDP last;branch=z9hG4bK3',
      'From: <sip:600@pbx>;tag=theirs',
      'To: <sip:monitor@192.0.2.1>;tag=ours',
      'Call-ID: c1',
      'CSeq: 7 BYE',
      'Content-Length: 0',
      '',
      '',
    ])
  })

  test('that no line could hold is not answered', () => {
    expect(
      answered(request('BYE', (line) => line.replace('Call-ID: c1', 'Call-ID: c\x001'))).text,
    ).toBeUndefined()
  })
})
