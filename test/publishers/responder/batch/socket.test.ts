import { describe, expect, it } from 'vitest'
import { LINUX, type Libc } from '../../../../src/publishers/responder/batch/libc.ts'
import { canEndWait, openSocket } from '../../../../src/publishers/responder/batch/socket.ts'

/** A C library that notes what is asked of one socket; `ready`: what `poll` says of it. */
function fake(bindResult = 0, ready = 1) {
  const options = new Map<string, number>()
  const calls: string[] = []
  const libc = {
    socket: () => 7,
    setsockopt(_fd: number, level: number, name: number, value: Uint8Array) {
      options.set(`${level} ${name}`, Buffer.from(value).readInt32LE(value.length === 16 ? 8 : 0))
      return 0
    },
    bind: () => bindResult,
    shutdown: (fd: number, how: number) => calls.push(`shutdown ${fd} ${how}`) * -1,
    close: (fd: number) => calls.push(`close ${fd}`) * 0,
    poll: (_fds: number, count: number, timeoutMs: number) => {
      calls.push(`poll ${count} ${timeoutMs}`)
      return ready
    },
    errno: () => 98,
    errorName: () => 'EADDRINUSE',
    allocate: (octets: number) => ({
      memory: new ArrayBuffer(octets),
      address: 4096,
      free: () => calls.push('free'),
    }),
  } as unknown as Libc
  return { libc, options, calls }
}

const DONT_FRAGMENT = {
  '127.0.0.1': `${LINUX.IPPROTO_IP} ${LINUX.IP_MTU_DISCOVER}`,
  '::1': `${LINUX.IPPROTO_IPV6} ${LINUX.IPV6_MTU_DISCOVER}`,
} as const
const RECEIVE_TIMEOUT = `${LINUX.SOL_SOCKET} ${LINUX.SO_RCVTIMEO}`

describe('openSocket', () => {
  it.each(['127.0.0.1', '::1'] as const)('never lets replies from %s be fragmented', (address) => {
    const { libc, options } = fake()
    openSocket(libc, { address, port: 53 })
    expect(options.get(DONT_FRAGMENT[address])).toBe(LINUX.PMTUDISC_PROBE)
  })

  it.each([
    ['127.0.0.1', undefined, undefined, undefined, false],
    ['0.0.0.0', undefined, 1, undefined, true],
    ['::1', 1, undefined, undefined, false],
    ['::', 1, undefined, 1, true],
  ] as const)(
    'on %s shares its port with other threads, but with no other family, and is told where to answer from',
    (address, v6Only, v4Info, v6Info, anyAddress) => {
      const { libc, options } = fake()
      expect(openSocket(libc, { address, port: 53 })).toMatchObject({ anyAddress })
      expect(options.get(`${LINUX.SOL_SOCKET} ${LINUX.SO_REUSEPORT}`)).toBe(1)
      expect(options.get(`${LINUX.IPPROTO_IPV6} ${LINUX.IPV6_V6ONLY}`)).toBe(v6Only)
      expect(options.get(`${LINUX.IPPROTO_IP} ${LINUX.IP_PKTINFO}`)).toBe(v4Info)
      expect(options.get(`${LINUX.IPPROTO_IPV6} ${LINUX.IPV6_RECVPKTINFO}`)).toBe(v6Info)
      // A send that cannot be had ends: a thread that waits for it would answer nobody.
      expect(options.get(`${LINUX.SOL_SOCKET} ${LINUX.SO_SNDTIMEO}`)).toBe(100_000)
    },
  )

  it('waits without an end, or as long as it is told', () => {
    const endless = fake()
    openSocket(endless.libc, { address: '127.0.0.1', port: 53 })
    expect(endless.options.has(RECEIVE_TIMEOUT)).toBe(false)
    const brief = fake()
    openSocket(brief.libc, { address: '127.0.0.1', port: 53 }, 100)
    expect(brief.options.get(RECEIVE_TIMEOUT)).toBe(100_000)
  })

  it('holds no socket when it cannot be bound', () => {
    const { libc, calls } = fake(-1)
    expect(() => openSocket(libc, { address: '127.0.0.1', port: 53 })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    )
    expect(calls).toEqual(['close 7'])
  })
})

describe('canEndWait', () => {
  it.each([
    [1, true],
    [0, false],
    [-1, false],
  ])('tries it on a socket that it gives back: poll says %i', (ready, can) => {
    const { libc, calls } = fake(0, ready)
    expect(canEndWait(libc)).toBe(can)
    expect(calls).toEqual(['shutdown 7 0', 'poll 1 0', 'free', 'close 7'])
  })
})
