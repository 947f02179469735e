import { describe, expect, it } from 'vitest'
import { LINUX } from '../../../../src/publishers/responder/batch/libc.ts'
import { keepSource } from '../../../../src/publishers/responder/batch/packet-info.ts'

function v6(address: readonly number[], ifindex: number): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.writeBigUInt64LE(36n, 0)
  bytes.writeInt32LE(LINUX.IPPROTO_IPV6, 8)
  bytes.writeInt32LE(LINUX.IPV6_PKTINFO, 12)
  bytes.set(address, 16)
  bytes.writeInt32LE(ifindex, 32)
  return bytes
}

function v4(ifindex: number): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.writeBigUInt64LE(28n, 0)
  bytes.writeInt32LE(LINUX.IPPROTO_IP, 8)
  bytes.writeInt32LE(LINUX.IP_PKTINFO, 12)
  bytes.writeInt32LE(ifindex, 16)
  bytes.set([192, 0, 2, 1, 192, 0, 2, 255], 20)
  return bytes
}

describe('keepSource', () => {
  it('forgets the interface of an IPv4 query, and keeps the address that it came to', () => {
    const query = v4(3)
    expect(keepSource(query, 0, 32)).toBe(32)
    expect(query).toEqual(v4(0))
  })

  it('forgets the interface of a global address and keeps that of a link-local one', () => {
    const global = v6([0x20, 0x01, 0x0d, 0xb8], 3)
    expect(keepSource(global, 0, 40)).toBe(40)
    expect(global.readInt32LE(32)).toBe(0)
    const local = v6([0xfe, 0x80, 0, 1], 3)
    expect(keepSource(local, 0, 40)).toBe(40)
    expect(local.readInt32LE(32)).toBe(3)
  })

  it.each([
    ['nothing', Buffer.alloc(48), 0],
    ['a head alone', v6([], 1), 16],
    ['less than it says', v6([], 1), 35],
    ['another type', v6([], 1).fill(99, 12, 13), 40],
    ['another level', v6([], 1).fill(99, 8, 9), 40],
    ['another length', v6([], 1).fill(28, 0, 1), 40],
    ['less than it says, of IPv4', v4(1), 27],
    ['another type of IPv4', v4(1).fill(99, 12, 13), 32],
    ['another level, in the form of IPv4', v4(1).fill(99, 8, 9), 32],
    ['another length of IPv4', v4(1).fill(36, 0, 1), 40],
  ])('makes nothing of %s', (_what, bytes, length) => {
    const before = Buffer.from(bytes)
    expect(keepSource(bytes, 0, length)).toBe(0)
    expect(bytes).toEqual(before)
  })
})
