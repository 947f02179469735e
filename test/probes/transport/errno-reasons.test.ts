import { describe, expect, test } from 'vitest'
import { REASONS } from '../../../src/core/outcome.ts'
import { familyOf, isOwnFault, socketFault } from '../../../src/probes/transport/errno-reasons.ts'
import { connectFault, ownRouteFault } from '../../../src/probes/transport/routes.ts'

const fault = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

describe("what a system call's failure means", () => {
  test.each([
    ['ECONNREFUSED', 'refused', 'refused'],
    ['ECONNRESET', 'reset', 'reset'],
    ['EPIPE', 'reset', 'reset'],
    ['ETIMEDOUT', 'timeout', 'timeout'],
    ['EHOSTUNREACH', 'no-route', 'unreachable'],
    ['ENETUNREACH', 'no-route', 'unreachable'],
    ['EADDRNOTAVAIL', 'no-route', 'no-route'],
    ['ENODEV', 'no-route', 'no-route'],
    ['EINVAL', 'no-route', 'no-route'],
    ['EPERM', 'no-route', 'no-route'],
    ['EMFILE', 'no-resources', 'no-resources'],
    ['ENOBUFS', 'no-resources', 'no-resources'],
    ['EWHATEVER', 'internal', 'internal'],
  ])('%s is %s before anything left, %s after', (code, local, remote) => {
    expect(socketFault(fault(code), 'local').reason).toBe(local)
    expect(socketFault(fault(code), 'remote').reason).toBe(remote)
  })

  test('our own faults are exactly those that never count against a target', () => {
    for (const code of ['EHOSTUNREACH', 'EMFILE', 'EPERM', 'EWHATEVER', 'ECONNREFUSED', 'ETIMEDOUT']) {
      const judged = socketFault(fault(code), 'local')
      expect(isOwnFault(judged)).toBe(REASONS[judged.reason] === 'ours')
    }
  })

  test('a text off the wire in an error is made printable', () => {
    expect(socketFault(new Error('odd\x1b[0m\n'), 'remote').detail).toBe('odd\\x1b[0m\\n')
  })

  test("unreachable is ours where our own routing table says so, a router's word where it does not", async () => {
    expect(await connectFault(fault('EHOSTUNREACH'), '192.0.2.200', '127.0.0.1')).toMatchObject({
      reason: 'no-route',
    })
    expect(await connectFault(fault('EHOSTUNREACH'), '127.0.0.1', undefined)).toMatchObject({
      reason: 'unreachable',
    })
    expect(await connectFault(fault('ENETUNREACH'), '::1', undefined)).toMatchObject({
      reason: 'unreachable',
    })
  })

  test('no free port is a shortage, a missing source address is not', async () => {
    expect(await connectFault(fault('EADDRNOTAVAIL'), '127.0.0.1', undefined)).toMatchObject({
      reason: 'no-resources',
    })
    expect(await connectFault(fault('EADDRNOTAVAIL'), '127.0.0.1', '192.0.2.77')).toMatchObject({
      reason: 'no-route',
    })
  })

  test('the routing table is asked without sending anything', async () => {
    expect(await ownRouteFault('127.0.0.1', undefined)).toBeUndefined()
    expect(await ownRouteFault('127.0.0.1', '192.0.2.77')).toMatchObject({ reason: 'no-route' })
  })

  test("a host name is a programmer's error", () => {
    expect(() => familyOf('sip.example.com')).toThrow(TypeError)
    expect(familyOf('fe80::1%eth0')).toBe(6)
  })
})
