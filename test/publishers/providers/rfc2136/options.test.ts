import { describe, expect, it } from 'vitest'
import { rfc2136 } from '../../../../src/publishers/providers/rfc2136.ts'
import { KEY } from '../../../support/update-server.ts'

const read = (change: Record<string, unknown>) =>
  rfc2136.options.safeParse({ server: '192.0.2.53', key: KEY, ...change })
const faultOf = (change: Record<string, unknown>) => {
  const result = read(change)
  return result.success
    ? 'none'
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')
}

describe('rfc2136 options', () => {
  it('need a server and a key; the rest has defaults', () => {
    expect(read({ key: { name: 'K1', secret: KEY.secret } }).data).toEqual({
      server: { address: '192.0.2.53', port: 53 },
      key: { name: 'k1.', algorithm: 'hmac-sha256', secret: KEY.secret },
      transport: 'auto',
      read: 'auto',
      timeout: 5000,
    })
    expect(faultOf({ key: undefined })).toMatch(/^key/)
  })

  it.each([
    ['192.0.2.53:5353', '192.0.2.53', 5353],
    ['2001:db8::53', '2001:db8::53', 53],
    ['[2001:db8::53]', '2001:db8::53', 53],
    ['[2001:DB8:0::53]:5353', '2001:db8::53', 5353],
  ])('take the server %s', (server, address, port) => {
    expect(read({ server }).data?.server).toEqual({ address, port })
  })

  it.each([
    'ns1.example.com',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '192.0.2.300',
    '',
    '0.0.0.0',
    '[::1',
    ':53',
  ])('refuse the server "%s"', (server) => {
    expect(faultOf({ server })).toMatch(/^server: allowed: an address/)
  })

  it.each([
    ['key.algorithm', { algorithm: 'hmac-md5' }, /no longer safe \(RFC 8945 section 6\)/],
    ['key.algorithm', { algorithm: 'sha256' }, /one of hmac-sha256/],
    ['key.secret', { secret: 'short' }, /base64/],
    ['key.secret', { secret: Buffer.alloc(8).toString('base64') }, /8 octets/],
    ['key.name', { name: 'a..b' }, /empty label/],
    ['key', { surprise: 1 }, /surprise/],
  ])('say what is wrong with %s', (path, change, expected) => {
    const said = faultOf({ key: { ...KEY, ...change } })
    expect(said).toMatch(new RegExp(`^${path}: `))
    expect(said).toMatch(expected)
  })

  it('never repeat a secret', () => {
    for (const secret of ['hunter2hunter2!!', 'c2hvcnQ='])
      expect(faultOf({ key: { ...KEY, secret } })).not.toContain(secret)
  })

  it.each([
    ['zone', '.x'],
    ['transport', 'udp'],
    ['read', 'maybe'],
    ['timeout', '100ms'],
    ['other', 1],
  ])('refuse %s: %s', (key, value) => {
    expect(faultOf({ [key]: value })).toContain(key)
  })
})
