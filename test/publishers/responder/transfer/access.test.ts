import { describe, expect, it } from 'vitest'
import type { TransferRule } from '../../../../src/core/dns-settings.ts'
import { emptyClientAddress, readClientAddress } from '../../../../src/publishers/responder/client-address.ts'
import { TransferAccess } from '../../../../src/publishers/responder/transfer/access.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'

const FLEET = canonicalName('fleet.')
const STRANGER = canonicalName('stranger.')
const OWN = canonicalName('own.test.')
const CLOSED = canonicalName('closed.test.')
const PLAIN = canonicalName('plain.test.')

const access = new TransferAccess({
  allow: [{ network: '192.0.2.0/24' }, { key: FLEET }],
  zones: new Map<typeof OWN, readonly TransferRule[]>([
    [OWN, [{ network: '198.51.100.0/24', key: FLEET }]],
    [CLOSED, []],
  ]),
})

function allows(zone: typeof OWN, address: string, key?: typeof FLEET): boolean {
  const client = emptyClientAddress()
  readClientAddress(address, client)
  return access.allows(zone, client, key)
}

describe('who may transfer a zone', () => {
  it.each([
    ['a client of a network, whatever it signs with', PLAIN, '192.0.2.7', undefined, true],
    ['a client of a network, whatever it signs with', PLAIN, '192.0.2.7', STRANGER, true],
    ['who has the key, from anywhere', PLAIN, '203.0.113.7', FLEET, true],
    ['nobody with another key', PLAIN, '203.0.113.7', STRANGER, false],
    ['nobody from elsewhere without a key', PLAIN, '203.0.113.7', undefined, false],
    ['by rules of its own: both key and network', OWN, '198.51.100.7', FLEET, true],
    ['by rules of its own: not the network alone', OWN, '198.51.100.7', undefined, false],
    ['by rules of its own: not with another key', OWN, '198.51.100.7', STRANGER, false],
    ['by rules of its own: not the key alone', OWN, '203.0.113.7', FLEET, false],
    ['by rules of its own: not by the common ones', OWN, '192.0.2.7', undefined, false],
    ['nobody where its own rules are none', CLOSED, '192.0.2.7', FLEET, false],
  ])('%s: %s, %s, %s', (_, zone, address, key, allowed) => {
    expect(allows(zone, address, key)).toBe(allowed)
  })
})
