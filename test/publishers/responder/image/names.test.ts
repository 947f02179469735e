import { describe, expect, it } from 'vitest'
import { hashName } from '../../../../src/publishers/responder/image/names.ts'
import { canonicalName, encodeName } from '../../../../src/wire/dns/name.ts'
import { compileSnapshot } from '../../../support/compile-snapshot.ts'
import { ask } from '../../../support/dns-ask.ts'
import { snapshotOf, zoneOf } from '../../../support/dns-zone.ts'

describe('names whose hashes are the same', () => {
  const pairs = [
    ['kf1g0m0x', '2bs4z6ja'],
    ['90ihdck2', '14upq75s'],
    ['0lgxhaz1', 'lnilo63p'],
  ] as const
  const head = '@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n'

  it('are no more alike than others: as names of a zone, and as zones', () => {
    for (const [one, other] of pairs) {
      const hashes = [one, other].map((label) => hashName(encodeName(canonicalName(`${label}.test.`))))
      expect(hashes[0]).toBe(hashes[1])
      const within = compileSnapshot(snapshotOf(zoneOf('test.', `${head}${one} A 192.0.2.2`)))
      expect(ask(`${one}.test`, 'A', { view: within }).answer).toHaveLength(1)
      expect(ask(`${other}.test`, 'A', { view: within }).rcode).toBe('NXDOMAIN')
      expect(ask(`below.${other}.test`, 'A', { view: within }).rcode).toBe('NXDOMAIN')
      const alone = compileSnapshot(snapshotOf(zoneOf(`${one}.test.`, head)))
      expect(ask(`${one}.test`, 'SOA', { view: alone }).answer).toHaveLength(1)
      expect(ask(`${other}.test`, 'SOA', { view: alone }).rcode).toBe('REFUSED')
    }
  })

  it('are both there where both are', () => {
    const lines = pairs.flat().map((label, i) => `${label} A 192.0.2.${i}`)
    const within = compileSnapshot(snapshotOf(zoneOf('test.', head + lines.join('\n'))))
    const apart = compileSnapshot(
      snapshotOf(...pairs.flat().map((label, i) => zoneOf(`${label}.test.`, `${head}@ A 192.0.2.${i}`))),
    )
    for (const [i, label] of pairs.flat().entries())
      for (const view of [within, apart])
        expect(ask(`${label}.test`, 'A', { view }).answer).toEqual([`${label}.test 30 A 192.0.2.${i}`])
  })
})
