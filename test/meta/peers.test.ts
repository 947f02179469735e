import { afterEach, describe, expect, it, vi } from 'vitest'
import { hasPeer } from '../support/peers.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a real peer that tests talk to', () => {
  it('is found by its command, and skipped where it is missing', () => {
    vi.stubEnv('SIPVANE_REQUIRE_PEERS', '')
    expect(hasPeer('node', 'nodejs')).toBe(true)
    expect(hasPeer('no-such-peer', 'no-such-package')).toBe(false)
  })

  it('fails the tests where it is missing but required', () => {
    vi.stubEnv('SIPVANE_REQUIRE_PEERS', '1')
    expect(() => hasPeer('no-such-peer', 'no-such-package')).toThrow('Debian package no-such-package')
    expect(hasPeer('node', 'nodejs')).toBe(true)
  })
})
