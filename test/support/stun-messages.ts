import { isIPv4 } from 'node:net'
import { crc32 } from 'node:zlib'
import type { SocketAddress } from '../../src/core/settings.ts'
import type { DatagramBehaviour } from './datagram-lab.ts'

/** STUN answers built by the lab's own few lines, so that the code under test is no judge of itself. */

const COOKIE = 0x2112a442

export interface StunAnswerOptions {
  readonly fingerprint?: boolean
  /** MAPPED-ADDRESS instead of XOR-MAPPED-ADDRESS. */
  readonly plain?: boolean
}

export function stunSuccess(
  id: Uint8Array,
  mapped: SocketAddress,
  options: StunAnswerOptions = {},
): Uint8Array {
  const head = header(0x0101, id)
  const octets = isIPv4(mapped.address) ? mapped.address.split('.').map(Number) : ipv6Octets(mapped.address)
  const value = Buffer.from([0, octets.length === 4 ? 1 : 2, mapped.port >> 8, mapped.port & 0xff, ...octets])
  if (options.plain !== true) {
    const mask = head.subarray(4)
    for (let at = 0; at < octets.length; at++) value[4 + at] = (value[4 + at] ?? 0) ^ (mask[at] ?? 0)
    value[2] = (value[2] ?? 0) ^ 0x21
    value[3] = (value[3] ?? 0) ^ 0x12
  }
  return finished(
    head,
    [attribute(options.plain === true ? 0x0001 : 0x0020, value)],
    options.fingerprint === true,
  )
}

/** A STUN server that says it was asked from that address; undefined: it is silent. */
export function tellingAddress(address: () => string | undefined): DatagramBehaviour {
  return (request, reply) => {
    const told = address()
    if (told !== undefined) reply.send(stunSuccess(request.subarray(8, 20), { address: told, port: 40_000 }))
  }
}

export function stunError(id: Uint8Array, code: number, phrase: string): Uint8Array {
  const value = Buffer.concat([
    Buffer.from([0, 0, Math.floor(code / 100), code % 100]),
    Buffer.from(phrase, 'latin1'),
  ])
  return finished(header(0x0111, id), [attribute(0x0009, value)], false)
}

function header(type: number, id: Uint8Array): Buffer {
  const head = Buffer.alloc(20)
  head.writeUInt16BE(type, 0)
  head.writeUInt32BE(COOKIE, 4)
  head.set(id, 8)
  return head
}

function attribute(type: number, value: Uint8Array): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  padded.writeUInt16BE(type, 0)
  padded.writeUInt16BE(value.length, 2)
  padded.set(value, 4)
  return padded
}

function finished(head: Buffer, attributes: readonly Buffer[], fingerprint: boolean): Uint8Array {
  const length = attributes.reduce((sum, each) => sum + each.length, 0) + (fingerprint ? 8 : 0)
  head.writeUInt16BE(length, 2)
  const message = Buffer.concat([head, ...attributes])
  if (!fingerprint) return Uint8Array.from(message)
  const check = Buffer.alloc(4)
  check.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0)
  return Uint8Array.from(Buffer.concat([message, attribute(0x8028, check)]))
}

function ipv6Octets(address: string): number[] {
  // A dotted end stands for two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [front = '', back] = text.split('::')
  const groups = (part: string) =>
    part
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16))
  const start = groups(front)
  const end = back === undefined ? [] : groups(back)
  const filled = [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end]
  return filled.flatMap((group) => [group >> 8, group & 0xff])
}
