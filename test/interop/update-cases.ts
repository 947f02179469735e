import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Change } from '../../src/publishers/providers/definition.ts'
import { dig, nsupdate, serialAt } from '../support/nsupdate.ts'
import {
  creations,
  deletion,
  find,
  linesOf,
  noAbort,
  readAll,
  replacements,
  setsOf,
} from '../support/update-provider.ts'
import { UPDATE_ONLY, type ZoneText } from '../support/update-server.ts'
import { refusalCases } from './update-refusals.ts'
import { type UpdatePeer, UpdateScene, ZONE } from './update-scene.ts'

const SAMPLE = `
www 30 A 192.0.2.1
www 30 A 192.0.2.2
mail 300 MX 10 MX1.Example.TEST.
mail 300 TXT "somebody else's"
_sip._udp.pbx 30 SRV 10 60 5060 PBX1.example.test.
pbx1 30 A 192.0.2.11
mx1 30 A 192.0.2.31
mx2 30 A 192.0.2.32
alias CNAME www
child NS ns.child
ns.child A 192.0.2.99
`
export const UPDATE_ZONES: readonly ZoneText[] = [
  { name: ZONE, records: SAMPLE },
  { name: 'wild.test', records: '* 60 A 192.0.2.200\nreal 60 A 192.0.2.201\n_udp.pbx 60 TXT "x"' },
  { name: 'many.test', records: '' },
]

/** What holds of every primary that takes updates. What is only read comes first; what is changed has names of its own. */
export function describeUpdates(peer: UpdatePeer): void {
  describe.skipIf(peer.missing !== undefined)(`updates of ${peer.title}${peer.missing ?? ''}`, () => {
    const scene = new UpdateScene()
    const { provider, short, failure, settles } = scene
    beforeAll(async () => scene.begin(await peer.start()), 60_000)
    afterAll(() => scene.server.stop())

    it('opens the zone and tells its serial', async () => {
      const opened = await provider({ zone: ZONE }).open(noAbort())
      expect(opened).toEqual({ origin: `${ZONE}.`, notes: [`serial ${serialAt(scene.at, ZONE)}`] })
      expect((await provider().open(noAbort())).origin).toBe('.')
    })

    it('reads a zone by transfer, but for its SOA and NS', async () => {
      const sets = await readAll(provider({ read: 'transfer' }), ZONE)
      expect(linesOf(sets)).toEqual(
        expect.arrayContaining(
          linesOf(
            setsOf(
              ZONE,
              SAMPLE.replaceAll(' CNAME', ' 300 CNAME')
                .replace('child NS', 'child 300 NS')
                .replace('child A', 'child 300 A'),
            ),
          ),
        ),
      )
      expect(
        sets.filter(({ type, name }) => type === 'SOA' || (type === 'NS' && name === `${ZONE}.`)),
      ).toEqual([])
    })

    it('reads the same of certain names by questions, where it may not transfer', async () => {
      const names = ['www', 'mail', '_sip._udp.pbx', 'pbx1', 'alias', 'nobody', 'deep.below.nobody', '@']
      const asked = await readAll(provider({ key: UPDATE_ONLY, read: 'auto' }), ZONE, names)
      const whole = await readAll(provider({ read: 'transfer' }), ZONE)
      const wanted = new Set(
        setsOf(ZONE, names.map((name) => `${name} A 192.0.2.1`).join('\n')).map(({ name }) => name),
      )
      expect(linesOf(asked)).toEqual(linesOf(whole.filter(({ name }) => wanted.has(name))))
      expect(linesOf(asked)).toContain(`www.${ZONE}. 30 IN A 192.0.2.2`)
      expect((await failure(readAll(provider({ key: UPDATE_ONLY, read: 'transfer' }), ZONE))).fault).toBe(
        'scope',
      )
    })

    it('finds the zone cut above a name that is delegated away', async () => {
      const asked = await readAll(provider({ read: 'queries' }), ZONE, ['www.child'])
      expect(linesOf(asked)).toEqual([`child.${ZONE}. 300 IN NS ns.child.${ZONE}.`])
    })

    it('creates, replaces and deletes; the serial moves; others are left alone', async () => {
      const one = provider()
      await one.open(noAbort())
      const before = linesOf(await readAll(one, ZONE)).filter((line) => !line.includes('life'))
      const serial = serialAt(scene.at, ZONE)
      const text =
        '_sip._udp.life 30 SRV 10 60 5060 a.life\n_sip._udp.life SRV 20 1 5060 b.life\na.life A 192.0.2.21\nlife TXT "heritage=sipvane,owner=ns1"\nlife NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.life'
      const made = await one.apply(creations(ZONE, text), noAbort())
      expect(await settles(one, made)).toBe(true)
      expect(short('_sip._udp.life', 'SRV')).toEqual([
        `10 60 5060 a.life.${ZONE}.`,
        `20 1 5060 b.life.${ZONE}.`,
      ])
      expect(short('life', 'NAPTR')).toEqual([`10 10 "s" "SIP+D2U" "" _sip._udp.life.${ZONE}.`])
      const serialMade = serialAt(scene.at, ZONE)
      expect(serialMade).toBeGreaterThan(serial)

      // The sets that an acceptance gives back are as good as read ones.
      const changed = await one.apply(
        [
          ...replacements(ZONE, '_sip._udp.life 20 SRV 20 1 5060 b.life\na.life 30 A 192.0.2.22', made.sets),
          deletion(find(made.sets, ZONE, 'life', 'TXT')),
        ],
        noAbort(),
      )
      expect(await settles(one, changed)).toBe(true)
      expect(short('_sip._udp.life', 'SRV')).toEqual([`20 1 5060 b.life.${ZONE}.`])
      expect(short('a.life', 'A')).toEqual(['192.0.2.22'])
      expect(short('life', 'TXT')).toEqual([])
      expect(serialAt(scene.at, ZONE)).toBeGreaterThan(serialMade)

      const left = (await readAll(one, ZONE)).filter(({ name }) => name.includes('life'))
      expect(left.map(({ ttl }) => ttl).sort()).toEqual([20, 30, 30])
      await one.apply(left.map(deletion), noAbort())
      expect(linesOf(await readAll(one, ZONE)).filter((line) => !line.includes('life'))).toEqual(before)
      expect(short('_sip._udp.life', 'SRV')).toEqual([])
    })

    it('replaces what somebody wrote in capitals', async () => {
      const one = provider()
      const sets = await readAll(one, ZONE)
      await one.apply(replacements(ZONE, 'mail 300 MX 20 mx2', sets), noAbort())
      expect(short('mail', 'MX')).toEqual([`20 mx2.${ZONE}.`])
      const asked = await readAll(provider({ read: 'queries' }), ZONE, ['_sip._udp.pbx'])
      await one.apply(replacements(ZONE, '_sip._udp.pbx 30 SRV 10 60 5060 pbx1', asked), noAbort())
      expect(dig(scene.at, `_sip._udp.pbx.${ZONE}`, 'SRV', '+short')).toEqual([`10 60 5060 pbx1.${ZONE}.`])
    })

    const conflict = async (changes: readonly Change[], apiCode: string) => {
      const serial = serialAt(scene.at, ZONE)
      const error = await failure(provider().apply(changes, noAbort()))
      expect(error).toMatchObject({ fault: 'conflict', apiCode, uncertain: false, retryable: true })
      expect(serialAt(scene.at, ZONE)).toBe(serial)
    }

    it('creates nothing, not even the rest, where one is there already', async () => {
      await conflict(creations(ZONE, 'fresh A 192.0.2.30\nwww A 192.0.2.30'), 'YXRRSET')
      expect(short('fresh', 'A')).toEqual([])
      await conflict(creations(ZONE, 'alias A 192.0.2.30'), 'YXRRSET')
    })

    it('changes nothing that somebody else changed meanwhile', async () => {
      nsupdate(scene.at, ZONE, [`update add edit.${ZONE} 30 A 192.0.2.40`])
      const sets = await readAll(provider(), ZONE)
      nsupdate(scene.at, ZONE, [`update add edit.${ZONE} 30 A 192.0.2.41`])
      await conflict(replacements(ZONE, 'edit A 192.0.2.42', sets), 'NXRRSET')
      await conflict([deletion(find(sets, ZONE, 'edit', 'A'))], 'NXRRSET')
      expect(short('edit', 'A')).toEqual(['192.0.2.40', '192.0.2.41'])
      nsupdate(scene.at, ZONE, [`update delete edit.${ZONE} A`])
      await conflict(replacements(ZONE, 'edit A 192.0.2.42', sets), 'NXRRSET')
    })

    it.each(['transfer', 'queries'] as const)(
      "reading by %s does not take a wildcard's answer for a set of the name",
      async (read) => {
        const one = provider({ read })
        const sets = await readAll(one, 'wild.test', [`new-${read}`, 'real', '_sip._udp.pbx'])
        const names = new Set(sets.map(({ name }) => name))
        expect(names).toContain('real.wild.test.')
        expect(names).not.toContain(`new-${read}.wild.test.`)
        expect(short(`new-${read}`, 'A', 'wild.test')).toEqual(['192.0.2.200'])
        await one.apply(creations('wild.test', `new-${read} A 192.0.2.7`), noAbort())
        expect(short(`new-${read}`, 'A', 'wild.test')).toEqual(['192.0.2.7'])
      },
    )

    it('takes 600 record sets in one message, over TCP', async () => {
      const one = provider()
      await readAll(one, 'many.test')
      const text = Array.from(
        { length: 300 },
        (_, i) => `_sip._udp.n${i} SRV 10 60 5060 t${i}\nt${i} A 192.0.2.${i % 250}`,
      )
      const serial = serialAt(scene.at, 'many.test')
      const applied = await one.apply(creations('many.test', text.join('\n')), noAbort())
      expect(await settles(one, applied)).toBe(true)
      expect(
        linesOf((await readAll(one, 'many.test')).filter(({ name }) => name !== 'ns1.many.test.')),
      ).toEqual(linesOf(applied.sets))
      expect(serialAt(scene.at, 'many.test')).toBeGreaterThan(serial)
    })

    it('updates several zones, each by itself, and leaves it open what was done when a later one fails', async () => {
      const one = provider()
      await readAll(one, ZONE)
      await readAll(one, 'many.test')
      const both = [...creations(ZONE, 'both A 192.0.2.60'), ...creations('many.test', 'both A 192.0.2.61')]
      const { sets, reference } = await one.apply(both, noAbort())
      expect(reference).toMatch(/ of example\.test\., update \d+ of many\.test\.$/)
      expect(await settles(one, { sets, ...(reference && { reference }) })).toBe(true)
      const half = [deletion(find(sets, ZONE, 'both', 'A')), ...creations('many.test', 'both A 192.0.2.62')]
      const error = await failure(one.apply(half, noAbort()))
      expect(error).toMatchObject({ fault: 'conflict', uncertain: true })
      expect([short('both', 'A'), short('both', 'A', 'many.test')]).toEqual([[], ['192.0.2.61']])
    })

    refusalCases(scene, peer)
  })
}
