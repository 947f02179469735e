import { describe, expect, test } from 'vitest'
import { DigestAuth } from '../../../src/probes/auth/digest-auth.ts'
import type { SipResponse } from '../../../src/wire/sip/message.ts'

const ACCOUNT = { username: 'u', password: 'p', algorithms: ['MD5'] } as const

function asks(nonce: string, rest = ''): SipResponse {
  const value = `Digest realm="r", nonce="${nonce}"${rest}`
  return {
    kind: 'response',
    status: 401,
    phrase: '',
    headers: [{ name: 'www-authenticate', value }],
    body: new Uint8Array(0),
  }
}

const nonceOf = (auth: DigestAuth, server: string) =>
  /nonce="(\w+)"/.exec(auth.begin(server).headersFor('REGISTER', 'sip:x')[0]?.[1] ?? '')?.[1]

describe('the credentials of one account', () => {
  test('go with the nonce of each server, and without one to a server that has asked for none', () => {
    const auth = new DigestAuth(ACCOUNT)
    auth.begin('a').challenged(asks('n1'))
    auth.begin('b').challenged(asks('n2'))
    expect(['a', 'b', 'c'].map((server) => nonceOf(auth, server))).toEqual(['n1', 'n2', undefined])
  })

  test('are kept for 20,000 servers, and the one that was new first makes room', () => {
    const auth = new DigestAuth(ACCOUNT)
    for (let server = 0; server <= 20_000; server++) auth.begin(`s${server}`).challenged(asks(`n${server}`))
    expect(nonceOf(auth, 's20000')).toBe('n20000')
    expect(nonceOf(auth, 's1')).toBe('n1')
    expect(nonceOf(auth, 's0')).toBeUndefined()
  })

  test('are refused after two challenges in a row for one request, and answered anew for the next one', () => {
    const exchange = new DigestAuth(ACCOUNT).begin('a')
    expect(exchange.challenged(asks('n1')).kind).toBe('again')
    expect(exchange.challenged(asks('n2')).kind).toBe('refused')
    expect(exchange.headersFor('REGISTER', 'sip:x')).toEqual([])
    const letIn = new DigestAuth(ACCOUNT).begin('a')
    expect(letIn.challenged(asks('n1')).kind).toBe('again')
    letIn.accepted()
    expect(letIn.challenged(asks('n2')).kind).toBe('again')
    expect(letIn.challenged(asks('n3', ', stale=true')).kind).toBe('again')
    expect(letIn.challenged(asks('n4', ', stale=true')).kind).toBe('refused')
  })
})
