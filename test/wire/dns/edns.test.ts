import { describe, expect, it } from 'vitest'
import {
  EDE_SIZE,
  endOptions,
  OPT_SIZE,
  OPTION_HEAD,
  writeEde,
  writeOpt,
  writeOption,
} from '../../../src/wire/dns/edns.ts'

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

describe('writeOpt', () => {
  it('writes version 0, the size, DO and no other flag', () => {
    const out = new Uint8Array(40).fill(0xee)
    expect(writeOpt(out, 3, 1232, 0, true)).toBe(3 + OPT_SIZE)
    expect(hex(out.subarray(3, 3 + OPT_SIZE))).toBe('00002904d0000080000000')
    expect(out[3 + OPT_SIZE]).toBe(0xee)
  })

  it('carries the upper eight bits of the RCODE', () => {
    const out = new Uint8Array(40)
    writeOpt(out, 0, 1232, 0x17, false)
    expect(hex(out.subarray(0, OPT_SIZE))).toBe('00002904d0010000000000')
  })
})

describe('options behind an OPT', () => {
  it('carry an extended error, with and without text (RFC 8914)', () => {
    const out = new Uint8Array(60)
    const end = writeEde(out, writeOpt(out, 0, 1232, 5, false), 20, new Uint8Array(0))
    endOptions(out, 0, end)
    expect(end).toBe(OPT_SIZE + EDE_SIZE)
    expect(hex(out.subarray(0, end))).toBe('00002904d0000000000006000f00020014')
    const longer = writeEde(out, OPT_SIZE, 3, Buffer.from('old'))
    endOptions(out, 0, longer)
    expect(hex(out.subarray(9, longer))).toBe(`0009000f00050003${Buffer.from('old').toString('hex')}`)
  })

  it('are counted together', () => {
    const out = new Uint8Array(400).fill(0xee)
    const first = writeOption(out, writeOpt(out, 0, 1232, 0, false), 3, Buffer.from('ns1'))
    const end = writeOption(out, first, 65001, Buffer.alloc(300, 7))
    endOptions(out, 0, end)
    expect(end).toBe(OPT_SIZE + OPTION_HEAD + 3 + OPTION_HEAD + 300)
    expect(hex(out.subarray(9, 18))).toBe(`0137${'00030003'}${Buffer.from('ns1').toString('hex')}`)
    expect(out[end]).toBe(0xee)
  })
})
