import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AmiReader, MESSAGE_MAX } from '../../../../src/publishers/hooks/asterisk-ami/message.ts'

const BANNER = 'Asterisk Call Manager/5.0.1\r\n'
const TALK = [
  BANNER,
  'Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\nOutput: one\r\nOutput: two: three\r\n\r\n',
  'Response: Follows\r\nPrivilege: Command\r\nActionID: 2\r\nLike: a header\n\nafter an empty line\n--END COMMAND--\r\n\r\n',
  'Event: Registry\r\nStatus: Registered\r\n\r\n',
].join('')

function read(pieces: readonly string[]) {
  const reader = new AmiReader()
  return pieces
    .flatMap((piece) => reader.push(piece))
    .map(({ headers, output }) => ({ headers: Object.fromEntries(headers), output }))
}

describe('manager messages', () => {
  it('are told apart, commands of both forms included', () => {
    expect(read([TALK])).toEqual([
      { headers: { banner: 'Asterisk Call Manager/5.0.1' }, output: [] },
      {
        headers: { response: 'Success', actionid: '1', message: 'Command output follows' },
        output: ['one', 'two: three'],
      },
      {
        headers: { response: 'Follows', privilege: 'Command', actionid: '2' },
        output: ['Like: a header', '', 'after an empty line'],
      },
      { headers: { event: 'Registry', status: 'Registered' }, output: [] },
    ])
  })

  it('are the same in whatever pieces they come', () => {
    const whole = read([TALK])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: TALK.length }), { maxLength: 30 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), TALK.length]
        expect(read(at.slice(1).map((end, index) => TALK.slice(at[index], end)))).toEqual(whole)
      }),
      { seed: 20_260, numRuns: 300 },
    )
  })

  it('that are hostile end the reading, and never hang it or grow without bound', () => {
    expect(() => new AmiReader().push('x'.repeat(5000))).toThrow('longer than 1024')
    const reader = new AmiReader()
    reader.push(BANNER)
    expect(() => reader.push('A: b\r\n'.repeat(MESSAGE_MAX / 5))).toThrow('longer than')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const any = new AmiReader()
        any.push(BANNER)
        for (const { headers, output } of any.push(text)) {
          expect(headers.size + output.length).toBeLessThanOrEqual(text.length)
        }
      }),
      { seed: 20_261, numRuns: 500 },
    )
  })
})
