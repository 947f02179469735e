import { describe, expect, it } from 'vitest'
import { EDE_SIZE, findOption, OPT_SIZE, writeOpt } from '../../../src/wire/dns/edns.ts'
import { emptyQuery, readQuery } from '../../../src/wire/dns/query.ts'
import { optionOf, queryOf } from '../../support/dns-query.ts'

describe('writeOpt', () => {
  it('writes version 0, the size, DO and no other flag', () => {
    const out = new Uint8Array(40).fill(0xee)
    expect(writeOpt(out, 3, 1232, 0, true, -1)).toBe(3 + OPT_SIZE)
    expect(Buffer.from(out.subarray(3, 3 + OPT_SIZE)).toString('hex')).toBe('00002904d0000080000000')
    expect(out[3 + OPT_SIZE]).toBe(0xee)
  })

  it('carries the upper eight bits of the RCODE', () => {
    const out = new Uint8Array(40)
    writeOpt(out, 0, 1232, 0x17, false, -1)
    expect(Buffer.from(out.subarray(0, OPT_SIZE)).toString('hex')).toBe('00002904d0010000000000')
  })

  it('adds an extended error (RFC 8914)', () => {
    const out = new Uint8Array(40)
    expect(writeOpt(out, 0, 1232, 5, false, 20)).toBe(OPT_SIZE + EDE_SIZE)
    expect(Buffer.from(out.subarray(0, OPT_SIZE + EDE_SIZE)).toString('hex')).toBe(
      '00002904d0000000000006000f00020014',
    )
  })
})

describe('findOption', () => {
  it('finds the first of a code, an empty one too, and nothing behind the RDATA', () => {
    const options = Buffer.concat([
      optionOf(3),
      optionOf(10, Buffer.from('first')),
      optionOf(10, Buffer.from('again')),
    ])
    const bytes = queryOf('a.test', 'A', { edns: { options }, trailing: optionOf(12) })
    const query = emptyQuery()
    readQuery(bytes, bytes.length, query)
    const cookie = findOption(bytes, query, 10)
    expect(bytes.subarray(cookie + 4, cookie + 9).toString()).toBe('first')
    expect(findOption(bytes, query, 3)).toBe(query.optionsStart)
    expect(findOption(bytes, query, 12)).toBe(-1)
  })

  it('finds nothing where there was no OPT', () => {
    expect(findOption(queryOf('a.test', 'A'), emptyQuery(), 0)).toBe(-1)
  })
})
