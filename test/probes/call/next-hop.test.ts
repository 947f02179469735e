import { describe, expect, test } from 'vitest'
import { isSameEndpoint, nextHopEndpoint } from '../../../src/probes/call/next-hop.ts'
import type { SipEndpoint } from '../../../src/probes/transport/sip-transports.ts'

const udp: SipEndpoint = { transport: 'udp', address: '192.0.2.1', port: 5060, source: '198.51.100.1' }
const tls: SipEndpoint = {
  transport: 'tls',
  address: '192.0.2.1',
  port: 5061,
  tls: { verify: true, serverName: 'a' },
}

describe('the next hop of a request inside a call', () => {
  test.each<[string, SipEndpoint, Partial<SipEndpoint>]>([
    [
      'sip:pbx@192.0.2.9',
      udp,
      { transport: 'udp', address: '192.0.2.9', port: 5060, source: '198.51.100.1' },
    ],
    ['sip:192.0.2.9:5090;transport=TCP', udp, { transport: 'tcp', address: '192.0.2.9', port: 5090 }],
    ['sip:[2001:DB8::9]:5070;lr', udp, { address: '2001:db8::9', port: 5070 }],
    // The transport that the far end is known to speak, rather than UDP.
    ['sip:192.0.2.9', tls, { transport: 'tls', port: 5061, tls: { verify: true, serverName: 'a' } }],
    ['sips:192.0.2.9', tls, { transport: 'tls', address: '192.0.2.9', port: 5061 }],
  ])('%s is an address of its own', (uri, invited, expected) => {
    expect(nextHopEndpoint(uri, invited)).toMatchObject(expected)
  })

  test.each([
    'sip:pbx.example.com',
    'sip:0.0.0.0',
    'sip:224.0.0.1',
    'sip:255.255.255.255',
    'sip:192.0.2.9;transport=sctp',
    'sip:192.0.2.9;transport=ws',
    // Without TLS settings there is no certificate to check by.
    'sips:192.0.2.9',
    'tel:+15551234',
    'nonsense',
  ])('%s is where the INVITE went', (uri) => {
    expect(nextHopEndpoint(uri, udp)).toBe(udp)
  })

  test('over a WebSocket is its far end, whatever address is named', () => {
    const ws: SipEndpoint = { transport: 'ws', address: '192.0.2.1', port: 80, path: '/sip' }
    for (const uri of ['sip:192.0.2.9;transport=udp', 'sip:192.0.2.9;transport=ws', 'sips:192.0.2.9']) {
      expect(nextHopEndpoint(uri, ws)).toBe(ws)
    }
  })

  test('is the same where transport, address and port are', () => {
    expect(isSameEndpoint(udp, nextHopEndpoint('sip:x@192.0.2.1:5060', udp))).toBe(true)
    expect(isSameEndpoint(udp, { ...udp, port: 5061 })).toBe(false)
    expect(isSameEndpoint(udp, { ...udp, transport: 'tcp' })).toBe(false)
  })
})
