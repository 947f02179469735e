import { describe, expect, it } from 'vitest'
import { ROOMY } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { currentOf, linesOf, markLine, ORIGIN, planOf } from './support.ts'

const MARKED_A = `sip1 IN A 192.0.2.11\n${markLine('sip1', 'a')}\n`

describe('a plan', () => {
  it('creates what is not there, each set with its mark', () => {
    const plan = planOf('sip1 IN A 192.0.2.11', '')
    expect(linesOf(plan.changes)).toEqual([
      '+ sip1 60 A 192.0.2.11',
      '+ _sipvane-a.sip1 300 TXT "heritage=sipvane,owner=ns1"',
    ])
    expect(plan.changes.map(({ group, isMark }) => [group, isMark])).toEqual([
      [`sip1.${ORIGIN}`, false],
      [`sip1.${ORIGIN}`, true],
    ])
  })

  it('is empty where all is as it shall be, however the order of records', () => {
    const current = `@ IN A 192.0.2.12\n@ IN A 192.0.2.11\n${markLine('@', 'a').replace('.@', '')}`
    const plan = planOf('@ IN A 192.0.2.11\n@ IN A 192.0.2.12', current)
    expect(plan).toMatchObject({ changes: [], refusals: [], owned: 1, wanted: 1 })
  })

  it('is empty when made again after it was carried out', () => {
    const wanted =
      '@ IN A 192.0.2.11\n_sip._udp IN SRV 1 2 5060 sip1\nsip1 IN AAAA 2001:DB8:0::1\n*.x IN A 192.0.2.9'
    const first = planOf(wanted, '')
    const after = first.changes.flatMap((change) => (change.after === undefined ? [] : [change.after]))
    expect(planOf(wanted, after).changes).toEqual([])
  })

  it.each([
    ['sip1 IN A 192.0.2.12', 'without 192.0.2.11, with 192.0.2.12', 'urgent'],
    ['sip1 120 IN A 192.0.2.11', 'TTL 60 becomes 120', 'routine'],
    ['sip1 IN A 192.0.2.11\nsip1 IN A 192.0.2.12', 'with 192.0.2.12', 'urgent'],
  ])('updates to %j because %j, which is %s', (wanted, why, urgency) => {
    const { changes } = planOf(wanted, MARKED_A)
    expect(changes).toMatchObject([{ kind: 'update', why, urgency }])
  })

  it('takes a change of SRV weights for routine, and of priority or target for urgent', () => {
    const current = `_sip._udp IN SRV 10 60 5060 sip1\n${markLine('_sip._udp', 'srv')}`
    const urgency = (srv: string) => planOf(`_sip._udp IN SRV ${srv}`, current).changes[0]?.urgency
    expect(urgency('10 90 5060 sip1')).toBe('routine')
    expect(urgency('20 60 5060 sip1')).toBe('urgent')
    expect(urgency('10 60 5060 sip2')).toBe('urgent')
  })

  it('deletes what is ours and no longer wanted, with its mark, and says whether the configuration still knows it', () => {
    const plan = planOf('', `${MARKED_A}sip2 IN A 192.0.2.12\n${markLine('sip2', 'a')}`, {
      wanted: { ...wantedOf('', ORIGIN), names: new Set([currentOf(MARKED_A)[0]?.name ?? ORIGIN]) as never },
    })
    expect(linesOf(plan.changes)).toEqual([
      '- sip1 60 A 192.0.2.11',
      '- _sipvane-a.sip1 300 TXT "heritage=sipvane,owner=ns1"',
      '- sip2 60 A 192.0.2.12',
      '- _sipvane-a.sip2 300 TXT "heritage=sipvane,owner=ns1"',
    ])
    expect(plan.changes.filter(({ isMark }) => !isMark)).toMatchObject([
      { urgency: 'urgent', leftOver: false, why: 'nothing of it is answered now' },
      { urgency: 'routine', leftOver: true, why: 'is not in the configuration any more' },
    ])
  })

  it('deletes nothing outside the zones that it publishes, whoever marked it', () => {
    const outside = wantedOf(`sip9 IN A 192.0.2.9\n${markLine('sip9', 'a')}`, 'other.example.com.').sets
    expect(planOf('', outside).changes).toEqual([])
  })

  it('deletes nothing of ours that somebody turned into something else', () => {
    const current = currentOf(MARKED_A).map((set) =>
      set.type === 'A' ? { ...set, opaque: 'an alias' } : set,
    )
    expect(planOf('', current).changes).toEqual([])
  })

  it('leaves other owners, unmarked sets and blocked marks alone, and says why', () => {
    const refusal = (current: string, rest = {}) => planOf('sip1 IN A 192.0.2.1', current, rest).refusals[0]
    expect(refusal('sip1 IN A 192.0.2.11')).toMatchObject({ code: 'not-ours' })
    expect(refusal(MARKED_A.replace('owner=ns1', 'owner=ns2'), { adopt: true })).toMatchObject({
      code: 'other-owner',
      message: 'is marked by another owner, ns2',
    })
    expect(refusal('_sipvane-a.sip1 IN TXT "hello"')).toMatchObject({ code: 'mark-blocked' })
    const external = '"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=x"'
    for (const name of ['sip1', 'a-sip1']) {
      const current = `sip1 IN A 192.0.2.11\n${name} IN TXT ${external}`
      expect(refusal(current, { adopt: true })).toMatchObject({
        code: 'other-owner',
        message: 'is marked by another owner, external-dns/k8s',
      })
    }
  })

  it('adopts when told to, and only what it need not delete', () => {
    const plan = planOf('sip1 IN A 192.0.2.11', 'sip1 600 IN A 192.0.2.77', { adopt: true })
    expect(plan.changes).toMatchObject([
      {
        kind: 'update',
        adopts: true,
        why: 'adopted, without 192.0.2.77, with 192.0.2.11, TTL 600 becomes 60',
      },
      { kind: 'create', isMark: true },
    ])
    const variants = currentOf('sip1 IN A 192.0.2.77').map((set) => ({
      ...set,
      variant: { id: 'x', weight: 1 },
    }))
    expect(planOf('sip1 IN A 192.0.2.11', variants, { adopt: true })).toMatchObject({
      changes: [],
      refusals: [{ code: 'opaque' }],
    })
    expect(planOf('sip1 IN A 192.0.2.11', 'sip1 IN CNAME web', { adopt: true })).toMatchObject({
      changes: [],
      refusals: [{ code: 'cname' }],
    })
  })

  it('publishes nothing where nobody would see it, or where it does not belong', () => {
    expect(planOf('sip1 IN A 192.0.2.1', '@ IN NS ns.example.net.').refusals).toMatchObject([
      { code: 'delegated', message: `${ORIGIN} is delegated away, so nobody would see it` },
    ])
    const apex = { zone: ORIGIN as never }
    expect(planOf('sip1 IN A 192.0.2.1', '@ IN NS ns.example.net.', apex).refusals).toEqual([])
    const elsewhere = { zone: 'example.net.' as never }
    expect(planOf('sip1 IN A 192.0.2.1', '', elsewhere).refusals).toMatchObject([{ code: 'outside' }])
  })

  it('takes marks of ours away whose set is gone, none of others and none outside its zones', () => {
    const strays = `${markLine('gone', 'a')}\n${markLine('theirs', 'a', 'ns2')}`
    const outside = wantedOf(markLine('gone', 'a'), 'other.example.com.').sets
    const { changes } = planOf('', [...currentOf(strays), ...outside])
    expect(linesOf(changes)).toEqual(['- _sipvane-a.gone 300 TXT "heritage=sipvane,owner=ns1"'])
    expect(planOf('gone IN A 192.0.2.1', strays).changes).toMatchObject([{ kind: 'create', isMark: false }])
  })

  it('updates a variant whose weight alone moved, as routine', () => {
    const variant = (weight: number) => ({
      ...wantedOf('@ 60 IN A 192.0.2.1', ORIGIN).sets[0],
      variant: { id: 'a', weight },
    })
    const wanted = { ...wantedOf('', ORIGIN), sets: [variant(40) as never] }
    const current = [variant(60) as never, ...currentOf('_sipvane-a IN TXT "heritage=sipvane,owner=ns1"')]
    expect(planOf('', current, { wanted }).changes).toMatchObject([
      { kind: 'update', urgency: 'routine', why: 'weight 60 becomes 40' },
    ])
  })

  it('refuses what the provider does not take', () => {
    const limits = { ...ROOMY, ttl: { min: 300, max: 600 }, types: ['A', 'TXT'] as const }
    const plan = planOf('sip1 300 IN A 192.0.2.1\nsip2 60 IN A 192.0.2.2\nsip3 300 IN AAAA 2001:db8::1', '', {
      limits,
    })
    expect(plan.refusals).toMatchObject([{ code: 'ttl' }, { code: 'type' }])
    expect(plan.changes.filter(({ isMark }) => !isMark)).toMatchObject([{ name: `sip1.${ORIGIN}` }])
    const tight = {
      ...ROOMY,
      batch: [
        {
          unit: 'records',
          max: 3,
          cost: ({ after }: { after?: { records: readonly unknown[] } }) => (after?.records.length ?? 0) * 2,
        },
      ],
    }
    expect(planOf('sip1 IN A 192.0.2.1\nsip1 IN A 192.0.2.2', '', { limits: tight }).refusals).toMatchObject([
      { code: 'too-large', message: 'takes 4 records to replace; 3 fit into one request' },
    ])
  })

  it('refuses a name that leaves no room for its mark', () => {
    const long = Array.from({ length: 7 }, () => 'x'.repeat(32)).join('.')
    const plan = planOf(`${long} IN A 192.0.2.1`, '')
    expect(plan.refusals).toMatchObject([{ code: 'no-room' }])
    expect(planOf('', currentOf(`${long} IN A 192.0.2.1`)).changes).toEqual([])
  })

  it('keeps marks inside the set where the provider can, and mends what drifted there', () => {
    const current = currentOf('sip1 IN A 192.0.2.11').map((set) => ({ ...set, mark: { owner: 'ns1' } }))
    expect(planOf('sip1 IN A 192.0.2.11', current, { marks: 'inline' }).changes).toEqual([])
    const proxied = current.map((set) => ({ ...set, drift: 'is proxied' }))
    expect(planOf('sip1 IN A 192.0.2.11', proxied, { marks: 'inline' }).changes).toMatchObject([
      { kind: 'update', mark: { owner: 'ns1' }, why: 'is proxied' },
    ])
    const halves = [{ mark: { owner: 'ns1' } }, {}].map((mark, at) => ({
      ...(currentOf('sip1 IN A 192.0.2.11')[0] as never as object),
      ...mark,
      variant: { id: `${at}`, weight: 1 },
    }))
    expect(planOf('sip1 IN A 192.0.2.11', halves as never, { marks: 'inline' }).refusals).toMatchObject([
      { code: 'not-ours' },
    ])
    const bare = currentOf('sip1 IN A 192.0.2.11')
    expect(planOf('sip1 IN A 192.0.2.11', bare, { marks: 'inline' }).refusals).toMatchObject([
      { code: 'not-ours' },
    ])
    expect(planOf('sip1 IN A 192.0.2.11', bare, { marks: 'inline', adopt: true }).changes).toMatchObject([
      { kind: 'update', adopts: true, urgency: 'routine' },
    ])
  })
})

describe('a plan that is too large', () => {
  const hosts = (count: number) => Array.from({ length: count }, (_, at) => `h${at} IN A 192.0.2.${at}`)
  const marked = (count: number) =>
    hosts(count)
      .flatMap((line, at) => [line, markLine(`h${at}`, 'a')])
      .join('\n')

  it.each([
    [{ sets: 3 }, 3, undefined],
    [{ sets: 3 }, 4, '4 of 20 record sets would change; maxChange allows 3'],
    [{ percent: 20 }, 4, undefined],
    [{ percent: 20 }, 5, '5 of 20 record sets would change; maxChange allows 4 (20 %)'],
    [{ percent: 0 }, 1, '1 of 20 record sets would change; maxChange allows 0 (0 %)'],
  ])('is held by maxChange %j when %i of 20 sets change: %s', (maxChange, changed, held) => {
    const wanted = hosts(20).map((line, at) => (at < changed ? line.replace('192.0.2', '198.51.100') : line))
    expect(planOf(wanted.join('\n'), marked(20), { maxChange }).held).toBe(held)
  })

  it('does not count what is created: the first run must be possible', () => {
    expect(planOf(hosts(50).join('\n'), '', { maxChange: { sets: 0 } }).held).toBeUndefined()
  })

  it('counts what would be adopted', () => {
    const plan = planOf('h0 IN A 192.0.2.99', 'h0 IN A 192.0.2.1', { adopt: true, maxChange: { sets: 0 } })
    expect(plan.held).toBe('1 of 1 record sets would change; maxChange allows 0')
  })

  it('is held without maxChange when more than 30 % of ours left the configuration, not when a failover moves all', () => {
    expect(planOf(hosts(13).join('\n'), marked(20)).held).toBe(
      '7 of 20 record sets are not in the configuration any more and would be deleted; without maxChange 6 (30 %) may go at once',
    )
    expect(planOf(hosts(14).join('\n'), marked(20)).held).toBeUndefined()
    expect(planOf('', marked(9)).held).toBeUndefined()
    const moved = hosts(20).join('\n').replaceAll('192.0.2', '198.51.100')
    expect(planOf(moved, marked(20)).held).toBeUndefined()
  })
})
