import { describe, expect, it } from 'vitest'
import type { Change } from '../../../../src/publishers/providers/definition.ts'
import { octetsOf, updateOf } from '../../../../src/publishers/providers/rfc2136/changes.ts'
import { acceptedSet, octetsOfRdata } from '../../../../src/publishers/providers/rfc2136/sets.ts'
import { rfc2136 } from '../../../../src/publishers/providers/rfc2136.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { signatureSize } from '../../../../src/wire/dns/tsig/sign.ts'
import { encodeUpdate } from '../../../../src/wire/dns/update.ts'
import { creations, setsOf } from '../../../support/update-provider.ts'
import { KEY } from '../../../support/update-server.ts'
import { seededRandom } from '../../../support/virtual-time.ts'

const apex = canonicalName('example.test.')
const set = (text: string) => {
  const [one] = setsOf('example.test', text)
  if (one === undefined) throw new Error('no set')
  return one
}
const change = (before: string | undefined, after: string | undefined): Change => {
  const was = before === undefined ? undefined : acceptedSet(set(before))
  const shall = after === undefined ? undefined : set(after)
  const { name, type } = shall ?? was ?? set('x A 192.0.2.1')
  return { name, type, ...(was && { before: was }), ...(shall && { after: shall }) }
}
/** In short, for reading. */
const shown = (...changes: Change[]) => {
  const { prerequisites, steps } = updateOf(apex, changes)
  return [
    ...prerequisites.map(
      (one) =>
        `${one.kind} ${one.name} ${'type' in one ? one.type : ''}${one.kind === 'set-is' ? ` x${one.records.length}` : ''}`,
    ),
    '--',
    ...steps.map((one) =>
      one.kind === 'add'
        ? `add ${one.name} ${one.ttlSeconds} ${one.rdata.type}`
        : `delete ${one.name} ${one.type}`,
    ),
  ]
}

describe('an update of a batch', () => {
  it('expects nothing where it creates, and no CNAME that would swallow it (RFC 2136 section 3.4.2.2)', () => {
    expect(
      shown(change(undefined, 'www 30 A 192.0.2.1'), change(undefined, 'www 30 AAAA 2001:db8::1')),
    ).toEqual([
      'no-set www.example.test. A',
      'no-set www.example.test. AAAA',
      'no-set www.example.test. CNAME',
      '--',
      'add www.example.test. 30 A',
      'add www.example.test. 30 AAAA',
    ])
  })

  it('expects exactly what was read where it replaces or deletes', () => {
    expect(
      shown(
        change('www A 192.0.2.1\nwww A 192.0.2.2', 'www 20 A 192.0.2.3'),
        change('old TXT "x"', undefined),
      ),
    ).toEqual([
      'set-is www.example.test. A x2',
      'set-is old.example.test. TXT x1',
      '--',
      'delete www.example.test. A',
      'delete old.example.test. TXT',
      'add www.example.test. 20 A',
    ])
  })

  it('puts data in the place of a CNAME that leaves with the same batch', () => {
    expect(shown(change(undefined, 'www A 192.0.2.1'), change('www CNAME web', undefined))).toEqual([
      'no-set www.example.test. A',
      'set-is www.example.test. CNAME x1',
      '--',
      'delete www.example.test. CNAME',
      'add www.example.test. 30 A',
    ])
  })

  it('expects rdata in the case that the server gave it', () => {
    const before = {
      ...acceptedSet(set('www MX 1 mail')),
      handle: { octets: [Uint8Array.of(0, 1, 1, 0x4d, 0)] },
    }
    const { prerequisites } = updateOf(apex, [{ name: before.name, type: 'MX', before }])
    expect(prerequisites).toEqual([
      { kind: 'set-is', name: before.name, type: 'MX', records: [Uint8Array.of(0, 1, 1, 0x4d, 0)] },
    ])
    const { handle: _, ...without } = before
    expect(updateOf(apex, [{ name: before.name, type: 'MX', before: without }]).prerequisites).toMatchObject([
      { records: without.records.map(octetsOfRdata) },
    ])
  })

  it('is never longer than its cost said, so a full batch fits into one message', () => {
    const random = seededRandom(2136)
    const limits = rfc2136.limits(rfc2136.options.parse({ server: '192.0.2.1', key: KEY }))
    const [limit] = limits.batch
    if (limit === undefined) throw new Error('no limit')
    const longest = tsigKey(
      `${'k'.repeat(63)}.${'k'.repeat(63)}.${'k'.repeat(63)}.${'k'.repeat(60)}.`,
      'hmac-sha512',
      KEY.secret,
    )
    for (let round = 0; round < 20; round++) {
      const batch: Change[] = []
      let cost = 0
      for (let i = 0; ; i++) {
        const [one] = creations(
          'example.test',
          `${'x'.repeat(1 + Math.floor(random.next() * 60))}.n${i} TXT "${'t'.repeat(Math.floor(random.next() * 200))}"`,
        )
        if (one?.after === undefined) throw new Error('no change')
        const next = random.next() < 0.5 ? one : { ...one, before: acceptedSet(one.after) }
        cost += limit.cost(next)
        if (cost > limit.max) break
        batch.push(next)
      }
      expect(batch.length).toBeGreaterThan(50)
      const { length } = encodeUpdate(1, updateOf(apex, batch), 65_535 - signatureSize(longest))
      expect(length).toBeLessThanOrEqual(batch.reduce((sum, one) => sum + octetsOf(one), 12 + 255 + 4))
    }
  })
})
