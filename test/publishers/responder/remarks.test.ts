import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { queryOf } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

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
  it.each([
    ['asked for by its own name', 'w.a.test'],
    ['led to by a DNAME', 'w.moved.b.test'],
  ])('never has the remark go beyond what the client takes, where the answer is %s', (_, name) => {
    const hosts = Array.from({ length: 40 }, (_, i) => `w A 192.0.2.${i}`).join('\n')
    const head = '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n'
    const wide = zoneOf('a.test.', `${head}${hosts}`)
    const sets = wide.sets.map((set) =>
      set.name === 'w.a.test.' ? { ...set, mode: 'frozen' as const } : set,
    )
    const leading = zoneOf('b.test.', `${head}moved DNAME a.test.`)
    const view = compileSnapshot(snapshotOf({ ...wide, sets }, leading))
    const whole = answerTo(queryOf(name, 'A', { edns: { size: 1232 } }), { view })?.length ?? 0
    const remark = 6 + 'frozen: the monitor has lost sight'.length
    expect(whole - remark).toBeGreaterThan(512)
    for (let size = whole - remark; size <= whole; size++) {
      const octets = answerTo(queryOf(name, 'A', { edns: { size } }), { view }) ?? Buffer.alloc(0)
      const reply = readReply(octets)
      expect(octets.length).toBeLessThanOrEqual(size)
      expect(reply.flags).toBe('qr aa')
      expect(reply.answer.filter((record) => record.includes(' A '))).toHaveLength(40)
      expect(reply.opt?.options).toHaveLength(size === whole ? 1 : 0)
    }
    expect(ask(name, 'A', { view, edns: { size: whole - remark - 1 } }).flags).toBe('qr aa tc')
  })
  it('has additional records give way to it, not the limit', () => {
    const targets = Array.from({ length: 20 }, (_, i) => `s SRV 1 1 5060 t${i}\nt${i} A 192.0.2.${i}`)
    const zone = zoneOf('a.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${targets.join('\n')}`)
    const sets = zone.sets.map((set) => (set.type === 'SRV' ? { ...set, mode: 'frozen' as const } : set))
    const view = compileSnapshot(snapshotOf({ ...zone, sets }))
    const lengths = new Set<number>()
    for (let size = 700; size <= 1_000; size++) {
      const octets = answerTo(queryOf('s.a.test', 'SRV', { edns: { size } }), { view }) ?? Buffer.alloc(0)
      const reply = readReply(octets)
      expect(octets.length).toBeLessThanOrEqual(size)
      expect([reply.flags, reply.answer.length, reply.opt?.options.length]).toEqual(['qr aa', 20, 1])
      lengths.add(reply.additional.length)
    }
    expect(lengths.size).toBeGreaterThan(10)
  })
})
