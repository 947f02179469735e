import { expect, test } from 'vitest'
import { keysOver, layOut } from '../../src/app/roster.ts'
import { settingsOf } from '../support/settings.ts'

const roster = layOut(
  settingsOf(`
probes:
  tls: { type: sip-options, transport: tls }
  register: { type: sip-register, transport: tls, user: probe, password: sesame }
  udp: { type: sip-options, transport: udp }
  ping: { type: icmp }
pools:
  edge:
    policy: failover
    probes: [tls, register, udp, ping]
    targets:
      sip1: { address: [192.0.2.11, "2001:db8::11"] }
      sip2: { address: 192.0.2.12 }
`),
)

test('a connection that breaks concerns the questions to its address over its transport alone', () => {
  expect(keysOver({ transport: 'tls', address: '192.0.2.11' }, roster)).toEqual([
    'edge/sip1 tls 192.0.2.11',
    'edge/sip1 register 192.0.2.11',
  ])
  expect(keysOver({ transport: 'udp', address: '2001:db8::11' }, roster)).toEqual([
    'edge/sip1 udp 2001:db8::11',
  ])
})

test('a connection that nobody asks over concerns nobody', () => {
  expect(keysOver({ transport: 'tcp', address: '192.0.2.11' }, roster)).toEqual([])
  expect(keysOver({ transport: 'tls', address: '192.0.2.99' }, roster)).toEqual([])
})
