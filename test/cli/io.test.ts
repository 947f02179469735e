import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type CliIo, complain, printJson, printLine } from '../../src/cli/io.ts'

/** As an instance may tell it that was told by a server, or by whoever set an override. */
const HOSTILE = 'no answer\x1b]0;owned\x07\x9b2J\u202e\x7f'

describe('what the command writes to a terminal', () => {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const io = { stdout, stderr } as unknown as CliIo

  it.each([
    ['a line', () => printLine(io, HOSTILE), stdout],
    ['a complaint', () => complain(io, HOSTILE), stderr],
    ['JSON', () => printJson(io, { why: HOSTILE }), stdout],
  ] as const)('has nothing in it that the terminal acts on: %s', (_what, write, stream) => {
    write()
    const written = String(stream.read())
    expect(written).toContain('no answer\\u001b]0;owned\\u0007\\u009b2J\\u202e\\u007f')
    expect(written).not.toMatch(/[^\t\n\P{Cc}]|\u202e/u)
  })

  it('is the same JSON, and has the lines that were meant', () => {
    printJson(io, { why: HOSTILE })
    expect(JSON.parse(String(stdout.read()))).toEqual({ why: HOSTILE })
    printLine(io, 'zone  serial\nvoice  7')
    expect(String(stdout.read())).toBe('zone  serial\nvoice  7\n')
  })
})
