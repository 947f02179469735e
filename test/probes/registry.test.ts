import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { probeDefinitions } from '../../src/probes/registry.ts'

const schema = (kind: string) => {
  const definition = probeDefinitions.get(kind)
  if (definition === undefined) throw new Error(`no such kind: ${kind}`)
  return definition.options
}

/** The first complaint about these options: its path and its text. */
function complaint(kind: string, options: unknown): string | undefined {
  const [issue] = schema(kind).safeParse(options).error?.issues ?? []
  return issue === undefined ? undefined : `${issue.path.join('.')}: ${issue.message}`
}

describe('probe options', () => {
  test('the defaults are UDP and 70 hops', () => {
    expect(schema('sip-options').parse({})).toEqual({ transport: 'udp', maxForwards: 70 })
    expect(schema('tcp').parse({})).toEqual({})
    expect(schema('icmp').parse({})).toEqual({})
  })

  test.each([
    [{ path: '/ws' }, 'path: path needs transport: ws or wss'],
    [{ transport: 'ws', path: 'ws' }, 'path: not a path, like /ws'],
    [{ transport: 'ws', verify: false }, 'transport: verify, serverName and ca need transport: tls or wss'],
    [{ expect: ['299-200'] }, 'expect.0: not a final SIP status: write 200, 200-299 or 2xx'],
    [{ from: 'sip:a@b>\r\nX: y' }, 'from: not a SIP URI, like sip:monitor@example.com'],
    [{ user: 'a b' }, 'user: not the user part of a SIP URI'],
    [{ uri: 'sip:a b' }, 'uri: not a SIP URI, like sip:ping@example.com'],
    [{ uri: 'sip:a@b', user: 'c' }, 'user: uri already has a user part: give one of uri and user'],
    [{ userAgent: 'a\nb' }, 'userAgent: printable ASCII only'],
    [{ transport: 'tls', serverName: 'a b' }, 'serverName: not a host name'],
    [{ verify: false }, 'transport: verify, serverName and ca need transport: tls or wss'],
  ])('%j is refused: %s', (options, said) => {
    expect(complaint('sip-options', options)).toBe(said)
  })

  test.each([
    ['sip-register', { user: 'a' }],
    ['sip-invite', { extension: '600' }],
    ['rtp-echo', { extension: '600' }],
  ])('%s takes the keys of a transport with that transport only', (kind, options) => {
    expect(complaint(kind, { ...options, path: '/ws' })).toBe('path: path needs transport: ws or wss')
    expect(complaint(kind, { ...options, verify: false })).toBe(
      'transport: verify, serverName and ca need transport: tls or wss',
    )
    expect(complaint(kind, { ...options, transport: 'wss', path: '/ws', verify: false })).toBeUndefined()
  })

  test.each([
    ['sip-options', { transport: 'sctp' }],
    ['sip-options', { maxForwards: 256 }],
    ['sip-options', { expect: [] }],
    ['tcp', { port: 0 }],
    ['tcp', { port: 65_536 }],
  ])('%s refuses %j', (kind, options) => {
    expect(complaint(kind, options)).toBeDefined()
  })

  test('every schema can be written as JSON Schema for editors', () => {
    for (const definition of probeDefinitions.values()) {
      const written = z.toJSONSchema(definition.options, { io: 'input' })
      expect(written).toMatchObject({ type: 'object', additionalProperties: false })
    }
  })
})
