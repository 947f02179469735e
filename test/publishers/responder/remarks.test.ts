import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { queryOf } from '../../support/dns-query.ts'
import { snapshotOf, VOICE } from '../../support/dns-zone.ts'

const NAME = 'voice.example.test'

/** The sample zone, with its A and SRV sets decided in this mode. */
function inMode(mode: 'frozen' | 'last-resort') {
  const sets = VOICE.sets.map((set) =>
    set.type === 'A' || set.type === 'SRV' ? { ...set, mode, origin: 'generated' as const } : set,
  )
  return compileSnapshot(snapshotOf({ ...VOICE, sets }))
}

const text = (option: string | undefined) =>
  Buffer.from(option?.slice('15:0000'.length) ?? '', 'hex').toString()

describe('an answer that health did not choose freely (RFC 8914)', () => {
  it('says to EDNS clients that it is frozen: Stale Answer', () => {
    const view = inMode('frozen')
    for (const [name, type] of [
      [NAME, 'A'],
      [`_sip._udp.${NAME}`, 'SRV'],
      [`alias.${NAME}`, 'A'],
      [`weighted.${NAME}`, 'A'],
    ] as const) {
      const reply = ask(name, type, { view, edns: true })
      expect(reply.rcode).toBe('NOERROR')
      expect(reply.opt?.options).toEqual([expect.stringMatching(/^15:0003/)])
      expect(text(reply.opt?.options[0])).toBe('frozen: the monitor has lost sight')
    }
  })

  it('says that it is the last resort: Other', () => {
    const reply = ask(NAME, 'A', { view: inMode('last-resort'), edns: true })
    expect(reply.opt?.options).toEqual([expect.stringMatching(/^15:0000/)])
    expect(text(reply.opt?.options[0])).toBe('last resort: no target is up')
  })

  it('says nothing to others, nor of what health has no part in', () => {
    const view = inMode('frozen')
    expect(ask(NAME, 'A', { view }).opt).toBeUndefined()
    expect(ask(NAME, 'MX', { view, edns: true }).opt?.options).toEqual([])
    expect(ask(`nope.${NAME}`, 'A', { view, edns: true }).opt?.options).toEqual([])
    expect(ask(NAME, 'A', { edns: true }).opt?.options).toEqual([])
  })

  it('never has the remark cost a record that must be there', () => {
    const view = inMode('frozen')
    const plain = answerTo(queryOf(NAME, 'NAPTR', { edns: true }), { view })?.length ?? 0
    for (let size = 512; size <= plain + 100; size += 7) {
      const reply = ask(`_sip._udp.${NAME}`, 'SRV', { view, edns: { size } })
      expect([reply.rcode, reply.answer.length, reply.flags]).toEqual(['NOERROR', 2, 'qr aa'])
    }
  })
})
