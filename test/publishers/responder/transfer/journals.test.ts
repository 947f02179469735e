import { describe, expect, it } from 'vitest'
import type { RecordSet } from '../../../../src/core/records.ts'
import { ZoneJournals } from '../../../../src/publishers/responder/transfer/journals.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { snapshotOf, zoneOf } from '../../../support/dns-zone.ts'

const STAYING: RecordSet = {
  name: canonicalName('stays.test.'),
  type: 'A',
  ttl: 30,
  records: [{ type: 'A', address: '192.0.2.2' }],
  origin: 'static',
}
const originOf = (index: number) => canonicalName(`z${index}.test.`)
/** A host whose address moves with the serial, and 400 sets that stay: ten zones are a slice. */
const zone = (index: number, serial: number) => {
  const moving = zoneOf(
    `z${index}.test.`,
    `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nhost A 10.0.0.${serial}`,
  )
  return { ...moving, sets: [...moving.sets, ...new Array<RecordSet>(400).fill(STAYING)] }
}
const zones = (count: number, serial: number) =>
  snapshotOf(...Array.from({ length: count }, (_, i) => zone(i, serial)))

function journals(changes = 10) {
  const turns: (() => void)[] = []
  const all = new ZoneJournals({ publisher: 'dns', changes, defer: (next) => turns.push(next) })
  return { all, turns }
}

describe('the journals of all zones', () => {
  it('are kept in slices where many zones move at once', () => {
    const { all, turns } = journals()
    all.publish(zones(25, 1))
    let slices = 1
    for (; turns.length > 0; slices++) turns.shift()?.()
    expect(slices).toBe(3)
    all.publish(zones(25, 2))
    expect(turns).toHaveLength(1)
  })

  it('have the newest version of a zone whose turn has not come, and what led to it', () => {
    const { all, turns } = journals()
    all.publish(zones(25, 1))
    while (turns.length > 0) turns.shift()?.()
    all.publish(zones(25, 2))
    const last = all.of(originOf(24))
    expect(last?.zone.serial).toBe(2)
    expect(last?.since(1)).toHaveLength(1)
    // The turn that comes after that finds nothing more to say of it.
    while (turns.length > 0) turns.shift()?.()
    expect(all.of(originOf(24))?.since(1)).toHaveLength(1)
    expect(all.of(originOf(0))?.since(1)).toHaveLength(1)
  })

  it('go over versions that came and went before their turn', () => {
    const { all, turns } = journals()
    all.publish(zones(25, 1))
    all.publish(zones(25, 2))
    expect(turns).toHaveLength(1)
    all.publish(zones(25, 3))
    while (turns.length > 0) turns.shift()?.()
    expect(all.of(originOf(24))?.zone.serial).toBe(3)
    expect(all.of(originOf(24))?.since(2)).toBeUndefined()
  })

  it('end with their zones, though the turn of these had not come', () => {
    const { all, turns } = journals()
    all.publish(zones(25, 1))
    all.publish(zones(10, 1))
    while (turns.length > 0) turns.shift()?.()
    expect(all.of(originOf(24))).toBeUndefined()
    expect(all.of(originOf(9))?.zone.serial).toBe(1)
    all.publish(snapshotOf({ ...zone(9, 2), publish: ['aws'] }))
    expect(all.of(originOf(9))).toBeUndefined()
    // One that comes back has no past.
    all.publish(snapshotOf(zone(9, 3)))
    expect(all.of(originOf(9))?.since(1)).toBeUndefined()
    all.publish(snapshotOf())
    expect(all.of(originOf(9))).toBeUndefined()
    all.publish(snapshotOf(zone(9, 4)))
    expect(all.of(originOf(9))?.since(3)).toBeUndefined()
  })
})
