import { describe, expect, it, test } from 'vitest'
import { buildSnapshot, succeed } from '../../src/zone/snapshot.ts'
import { answer, decisionOf, EDGE, memberOf, poolOf, setAt, target } from './sample.ts'
import { build } from './sample-build.ts'

/** Two views of one pool: a host that both name goes by both. */
const views = poolOf('edge', EDGE.targets, { probes: ['options', 'tls'] })
const answers = [
  answer('_sip._udp', 'SRV', { probes: ['options'] }),
  answer('_sips._tcp', 'SRV', { probes: ['tls'], transports: ['tls'] }),
]
const pair = [
  target('edge', 'a', { weight: 1 }),
  target('edge', 'b', { weight: 1, addresses: ['192.0.2.12'] }),
]

describe('a host that two views name', () => {
  test.each([
    { options: false, tls: false, ttl: 60 },
    { options: true, tls: false, ttl: 10 },
    { options: false, tls: true, ttl: 10 },
  ])('has the TTL $ttl where suspect is $options and $tls', ({ options, tls, ttl }) => {
    const decisions = [
      decisionOf(views, { view: 'options', suspect: options }),
      decisionOf(views, { view: 'tls', suspect: tls }),
    ]
    expect(setAt(build({ answers }, decisions, [views]), 'sip1', 'A')?.ttl).toBe(ttl)
  })

  it('carries the mark of the worse one: frozen, before last resort', () => {
    const marks = (options: 'normal' | 'frozen' | 'last-resort', tls: typeof options) => {
      const decisions = [
        decisionOf(views, { view: 'options', mode: options }),
        decisionOf(views, { view: 'tls', mode: tls }),
      ]
      return setAt(build({ answers }, decisions, [views]), 'sip1', 'A')?.mode
    }
    expect(marks('normal', 'normal')).toBeUndefined()
    expect(marks('normal', 'last-resort')).toBe('last-resort')
    expect(marks('last-resort', 'frozen')).toBe('frozen')
    expect(marks('frozen', 'last-resort')).toBe('frozen')
  })
})

describe('an answer of several members', () => {
  const pool = poolOf('edge', pair)

  it('is one set where it carries all of them, and alternatives where it carries one', () => {
    const of = (pick: 'one' | 'all') => setAt(build({}, [decisionOf(pool, { pick })], [pool]), '@', 'A')
    expect(of('all')).not.toHaveProperty('alternatives')
    expect(of('one')?.alternatives).toHaveLength(2)
  })

  it('says the same in whatever order two of one address stand in the configuration', () => {
    const same = [
      memberOf(target('edge', 'a', { weight: 10 })),
      memberOf(target('edge', 'b', { weight: 90 })),
    ]
    const hash = (active: typeof same) => {
      const decision = decisionOf(pool, { pick: 'one', members: active, active })
      return build({ answers: [answer('@', 'A')] }, [decision], [pool]).contentHash
    }
    expect(hash([...same].reverse())).toBe(hash(same))
  })
})

describe('a zone that says the same elsewhere', () => {
  const at = (publish: readonly string[]) => build({ publish })
  const first = buildSnapshot(new Map([[at(['dns']).origin, at(['dns'])]]), new Map(), undefined, 1)

  test.each([
    { publish: ['dns'], moves: false },
    { publish: ['dns', 'cf'], moves: true },
    { publish: ['cf'], moves: true },
    { publish: [], moves: true },
  ])('moves ($moves) where it goes to $publish', ({ publish, moves }) => {
    // As without an updater: what tells whose word it was is left out.
    const { bases: _, ...zone } = at(publish)
    const next = succeed(first, new Map([[zone.origin, zone]]), new Map(), 2)
    expect(next !== undefined).toBe(moves)
  })
})
