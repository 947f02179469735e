import { describe, expect, test } from 'vitest'
import { judgePing } from '../../../src/probes/icmp/ping-output.ts'

const STATS =
  '\n--- 192.0.2.1 ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\n'
const run = (exitCode: number | null, stdout: string, stderr = '') => judgePing({ exitCode, stdout, stderr })

describe('what ping said', () => {
  test('a reply passes with its round-trip time', () => {
    const line = '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64 time=0.162 ms\n'
    expect(run(0, `PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n${line}`)).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'echo reply',
      attempts: 1,
      rttMs: 0.162,
    })
    expect(run(0, '64 bytes from 2001:db8::1: icmp_seq=1 ttl=64 time=12 ms\n')).toMatchObject({ rttMs: 12 })
  })

  test('a reply without a time passes without one', () => {
    const judged = run(0, '64 bytes from 192.0.2.1: icmp_seq=1 ttl=64\n')
    expect(judged).toMatchObject({ result: 'pass' })
    expect(judged).not.toHaveProperty('rttMs')
  })

  test('a reply from another address does not pass', () => {
    const line = '64 bytes from 192.0.2.9: icmp_seq=1 ttl=64 time=0.1 ms (DIFFERENT ADDRESS!)\n'
    expect(run(0, line)).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test.each([
    'From 192.0.2.254 icmp_seq=1 Destination Host Unreachable',
    'From 192.0.2.254 icmp_seq=1 Destination Net Unreachable',
    'From 192.0.2.254 icmp_seq=1 Packet filtered',
    'From 192.0.2.254 icmp_seq=1 Time to live exceeded',
    'From 2001:db8::ff icmp_seq=1 Destination unreachable: Address unreachable',
  ])('%s is unreachable', (line) => {
    expect(run(1, `PING …\n${line}\n${STATS}`)).toMatchObject({ result: 'fail', reason: 'unreachable' })
  })

  test.each([
    [1, STATS],
    [null, 'PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n'],
    [null, ''],
  ])('no word by the end (exit %s) is a timeout', (exitCode, stdout) => {
    expect(run(exitCode, stdout)).toMatchObject({ result: 'fail', reason: 'timeout', attempts: 1 })
  })

  test.each([
    ['ping: connect: Network is unreachable', 'no-route'],
    ['ping: connect: No route to host', 'no-route'],
    ['ping: bind: Cannot assign requested address', 'no-route'],
    ['ping: sendmsg: Operation not permitted', 'no-route'],
    ['ping: SO_BINDTODEVICE wan0: No such device', 'no-route'],
    ['ping: sendmsg: No buffer space available', 'no-resources'],
    ['ping: unknown option -- W', 'internal'],
  ])('%s is ours: %s', (stderr, reason) => {
    expect(run(2, '', `${stderr}\n`)).toMatchObject({
      result: 'inconclusive',
      reason,
      detail: stderr,
      attempts: 0,
    })
    expect(run(1, STATS, `${stderr}\n`)).toMatchObject({ result: 'inconclusive', reason })
  })

  test('an exit code that means nothing here is our own fault', () => {
    expect(run(2, '')).toMatchObject({ result: 'inconclusive', reason: 'internal' })
    expect(run(0, '')).toMatchObject({ result: 'inconclusive', reason: 'internal' })
  })
})
