import { describe, expect, it } from 'vitest'
import { AnswerStore } from '../../../src/publishers/responder/store.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { ask } from '../../support/dns-ask.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

const zone = (name: string) => `${name}.voice.example.test`
const SOA = /^voice\.example\.test 15 SOA/

describe('aliases (RFC 1034 section 3.6.2)', () => {
  it('are followed through the zone, each link once and in order', () => {
    expect(ask(zone('chain'), 'A')).toMatchObject({
      rcode: 'NOERROR',
      flags: 'qr aa',
      authority: [],
      answer: [
        `${zone('chain')} 30 CNAME ${zone('alias')}`,
        `${zone('alias')} 30 CNAME ${zone('sip1')}`,
        `${zone('sip1')} 30 A 192.0.2.11`,
      ],
    })
  })

  it('are not followed when they are what was asked for', () => {
    expect(ask(zone('chain'), 'CNAME').answer).toEqual([`${zone('chain')} 30 CNAME ${zone('alias')}`])
  })

  it('end in NODATA or NXDOMAIN as their last name does (RFC 6604)', () => {
    const nodata = ask(zone('alias'), 'TXT')
    expect(nodata).toMatchObject({ rcode: 'NOERROR', answer: [`${zone('alias')} 30 CNAME ${zone('sip1')}`] })
    expect(nodata.authority[0]).toMatch(SOA)
    const nxdomain = ask(zone('dangling'), 'A')
    expect(nxdomain).toMatchObject({
      rcode: 'NXDOMAIN',
      flags: 'qr aa',
      answer: [`${zone('dangling')} 30 CNAME ${zone('nowhere')}`],
    })
    expect(nxdomain.authority[0]).toMatch(SOA)
  })

  it('that lead to names of others end there, without a SOA', () => {
    expect(ask(zone('outside'), 'A')).toMatchObject({
      rcode: 'NOERROR',
      answer: [`${zone('outside')} 30 CNAME www.example.org`],
      authority: [],
      additional: [],
    })
  })

  it('that run in circles stop', () => {
    expect(ask(zone('loop1'), 'A')).toMatchObject({
      rcode: 'NOERROR',
      authority: [],
      answer: [`${zone('loop1')} 30 CNAME ${zone('loop2')}`, `${zone('loop2')} 30 CNAME ${zone('loop1')}`],
    })
    expect(ask(zone('self'), 'A').answer).toEqual([`${zone('self')} 30 CNAME ${zone('self')}`])
    expect(ask('q.lostar.voice.example.test', 'A')).toMatchObject({ rcode: 'NOERROR', authority: [] })
  })

  it('stop after eight', () => {
    const links = Array.from({ length: 20 }, (_, i) => `c${i} CNAME c${i + 1}`).join('\n')
    const view = compileSnapshot(
      snapshotOf(
        zoneOf('a.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${links}\nc20 A 192.0.2.2`),
      ),
    )
    expect(ask('c0.a.test', 'A', { view }).answer).toHaveLength(8)
    expect(ask('c13.a.test', 'A', { view }).answer).toHaveLength(8)
    expect(ask('c13.a.test', 'A', { view }).answer.at(-1)).toBe('c20.a.test 30 A 192.0.2.2')
  })

  it('cross over into other zones served here, with the last zone in charge of the denial', () => {
    expect(ask(zone('away'), 'A').answer).toEqual([
      `${zone('away')} 30 CNAME sip.other.test`,
      'sip.other.test 30 A 198.51.100.5',
    ])
    expect(ask('back.other.test', 'AAAA').answer).toHaveLength(4)
    const lost = ask(zone('lost'), 'A')
    expect(lost).toMatchObject({ rcode: 'NXDOMAIN', answer: [`${zone('lost')} 30 CNAME lost.other.test`] })
    expect(lost.authority[0]).toMatch(/^other\.test 60 SOA/)
    expect(ask(zone('away'), 'TXT').authority[0]).toMatch(/^other\.test 60 SOA/)
    // What the last zone's answer brings along is that zone's too.
    const from = zoneOf('from.test.', '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nx CNAME other.test.')
    expect(ask('x.from.test', 'NS', { view: compileSnapshot(snapshotOf(from, OTHER)) })).toMatchObject({
      answer: ['x.from.test 30 CNAME other.test', 'other.test 30 NS ns1.other.test'],
      additional: ['ns1.other.test 30 A 198.51.100.1'],
    })
  })

  it('stop at the border when the other zone is not served (any more)', () => {
    const store = new AnswerStore()
    const { view } = store
    store.publish(snapshotOf(VOICE, OTHER))
    expect(ask(zone('away'), 'A', { view }).answer).toHaveLength(2)
    store.publish(snapshotOf(VOICE))
    expect(ask(zone('away'), 'A', { view })).toMatchObject({
      rcode: 'NOERROR',
      answer: [`${zone('away')} 30 CNAME sip.other.test`],
      authority: [],
    })
    store.publish(snapshotOf(VOICE, OTHER))
    expect(ask(zone('away'), 'A', { view }).answer).toHaveLength(2)
  })

  it('that cross zones in a circle stop', () => {
    const third = zoneOf(
      'third.test.',
      '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\ncircle CNAME round.other.test.',
    )
    const view = compileSnapshot(snapshotOf(OTHER, third))
    expect(ask('circle.third.test', 'A', { view }).answer).toEqual([
      'circle.third.test 30 CNAME round.other.test',
      'round.other.test 30 CNAME circle.third.test',
    ])
  })

  it('into a delegated name come with the referral', () => {
    const reply = ask(zone('handed'), 'A')
    expect(reply).toMatchObject({
      flags: 'qr aa',
      answer: [`${zone('handed')} 30 CNAME ${zone('host.child')}`],
    })
    expect(reply.authority).toContain(`${zone('child')} 30 NS ${zone('ns1.child')}`)
  })
})

describe('wildcards (RFC 4592)', () => {
  it('answer for names of any depth below, under the name asked for', () => {
    expect(ask(zone('a.wild'), 'A').answer).toEqual([`${zone('a.wild')} 30 A 192.0.2.50`])
    expect(ask(zone('a.b.c.wild'), 'TXT').answer).toEqual([`${zone('a.b.c.wild')} 30 TXT "wild"`])
  })

  it('answer for themselves', () => {
    expect(ask(zone('*.wild'), 'A').answer).toEqual([`${zone('*.wild')} 30 A 192.0.2.50`])
  })

  it('do not answer for their parent, for existing names, or below them', () => {
    expect(ask(zone('wild'), 'A')).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect(ask(zone('deep.block.wild'), 'TXT')).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect(ask(zone('block.wild'), 'A')).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect(ask(zone('x.block.wild'), 'A')).toMatchObject({ rcode: 'NXDOMAIN', answer: [] })
    expect(ask(zone('x.*.wild'), 'A')).toMatchObject({ rcode: 'NXDOMAIN', answer: [] })
  })

  it('that lack the type give NODATA', () => {
    const reply = ask(zone('a.wild'), 'AAAA')
    expect(reply).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect(reply.authority[0]).toMatch(SOA)
  })

  it('may be aliases', () => {
    expect(ask(zone('anything.at.all.star'), 'AAAA').answer).toEqual([
      `${zone('anything.at.all.star')} 30 CNAME ${zone('sip1')}`,
      `${zone('sip1')} 30 AAAA 2001:db8::11`,
    ])
  })

  it('may exist only because of a name below them, and then give NODATA', () => {
    const view = compileSnapshot(
      snapshotOf(zoneOf('a.test.', '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nx.*.w A 192.0.2.9')),
    )
    expect(ask('q.w.a.test', 'A', { view })).toMatchObject({ rcode: 'NOERROR', answer: [] })
  })

  it('bring additional records whose pointers are right for every length of name', () => {
    const view = compileSnapshot(
      snapshotOf(
        zoneOf(
          'a.test.',
          '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n*.w SRV 1 2 5060 ns\n*.w MX 5 m.w\nm.w A 192.0.2.3',
        ),
      ),
    )
    for (const name of ['q.w.a.test', `${'x'.repeat(63)}.${'y'.repeat(63)}.w.a.test`, '*.w.a.test']) {
      expect(ask(name, 'SRV', { view, edns: true })).toMatchObject({
        answer: [`${name} 30 SRV 1 2 5060 ns.a.test`],
        additional: ['ns.a.test 30 A 192.0.2.1'],
      })
      expect(ask(name, 'MX', { view, edns: true })).toMatchObject({
        answer: [`${name} 30 MX 5 m.w.a.test`],
        additional: ['m.w.a.test 30 A 192.0.2.3'],
      })
    }
  })
})

describe('delegations (RFC 1034 section 4.2.1)', () => {
  const referral = {
    rcode: 'NOERROR',
    flags: 'qr',
    answer: [],
    authority: [
      `${zone('child')} 30 NS ${zone('ns1.child')}`,
      `${zone('child')} 30 NS ns.other.test`,
      `${zone('child')} 30 NS ${zone('ns2')}`,
    ],
    additional: [
      `${zone('ns1.child')} 30 A 192.0.2.60`,
      `${zone('ns1.child')} 30 AAAA 2001:db8::60`,
      `${zone('ns2')} 30 A 192.0.2.2`,
      `${zone('ns2')} 30 AAAA 2001:db8::2`,
    ],
  }

  it('are referred to without AA, with glue, from the cut down', () => {
    for (const name of ['child', 'www.child', 'a.b.c.child', 'ns1.child'])
      expect(ask(zone(name), 'A')).toMatchObject(referral)
    expect(ask(zone('child'), 'NS')).toMatchObject(referral)
    expect(ask(zone('child'), 'SOA')).toMatchObject(referral)
    expect(ask(zone('x.child'), 'ANY')).toMatchObject(referral)
  })

  it('leave DS at the cut to the parent (RFC 4035 section 3.1.4.1)', () => {
    expect(ask(zone('child'), 'DS')).toMatchObject({
      flags: 'qr aa',
      answer: [expect.stringContaining(`${zone('child')} 30 DS 1 2 3`)],
    })
    expect(ask(zone('www.child'), 'DS')).toMatchObject(referral)
  })

  it('are not followed where the child is served here too: the longest apex answers, but for its DS', () => {
    const child = zoneOf(
      'child.voice.example.test.',
      '@ 60 SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.60\nwww A 192.0.2.61',
    )
    const view = compileSnapshot(snapshotOf(VOICE, child))
    expect(ask(zone('www.child'), 'A', { view })).toMatchObject({
      flags: 'qr aa',
      answer: [`${zone('www.child')} 30 A 192.0.2.61`],
    })
    expect(ask(zone('child'), 'SOA', { view })).toMatchObject({ flags: 'qr aa' })
    expect(ask(zone('child'), 'DS', { view }).answer).toHaveLength(1)
    // Of names below its apex the child speaks, DS or not.
    for (const name of ['www.child', 'nope.child'])
      expect(ask(zone(name), 'DS', { view })).toMatchObject({
        flags: 'qr aa',
        authority: [expect.stringMatching(/^child\.voice.* SOA /)],
      })
    expect(ask(zone('handed'), 'A', { view })).toMatchObject({
      rcode: 'NXDOMAIN',
      authority: [expect.stringMatching(/^child\.voice/)],
    })
    expect(ask('other.test', 'DS')).toMatchObject({
      rcode: 'NOERROR',
      answer: [],
      authority: [expect.stringMatching(/^other\.test 60 SOA/)],
    })
  })
})

describe('the root zone', () => {
  const view = compileSnapshot(
    snapshotOf(zoneOf('.', '@ 60 SOA ns.test. h.test. 1 2 3 4 5\n@ NS ns.test.\nns.test. A 192.0.2.1')),
  )
  it('can be served', () => {
    expect(ask('.', 'NS', { view })).toMatchObject({ flags: 'qr aa', additional: ['ns.test 30 A 192.0.2.1'] })
    expect(ask('nope', 'A', { view })).toMatchObject({ rcode: 'NXDOMAIN' })
    expect(ask('test', 'A', { view })).toMatchObject({ rcode: 'NOERROR', answer: [] })
  })
})
