import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Change, CurrentSet } from '../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
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
  type UpdateProviderOptions,
  updateProvider,
} from '../support/update-provider.ts'
import { IDLE, KEY, UPDATE_ONLY, type UpdateServer, type ZoneText } from '../support/update-server.ts'

const ZONE = 'example.test'
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

export interface UpdatePeer {
  readonly title: string
  /** Why it cannot be compared with; absent: it can. */
  readonly missing?: string | undefined
  /** What a key that it knows, but that has no rights at all, is told to be. */
  readonly deniedAs?: 'credentials'
  start(): Promise<UpdateServer>
}

/** What holds of every primary that takes updates. Tests have names of their own within the zones, so their order is free. */
export function describeUpdates(peer: UpdatePeer): void {
  describe.skipIf(peer.missing !== undefined)(`updates of ${peer.title}${peer.missing ?? ''}`, () => {
    let server: UpdateServer
    beforeAll(async () => {
      server = await peer.start()
    }, 60_000)
    afterAll(() => server.stop())

    const provider = (options?: UpdateProviderOptions) => updateProvider(server.at, options)
    const short = (name: string, type: string, zone = ZONE) =>
      dig(server.at, `${name}.${zone}`, type, '+short')
    const failure = async (work: Promise<unknown>): Promise<ProviderError> => {
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (!(error instanceof ProviderError)) throw new Error(`no ProviderError: ${error}`)
      expect(error.message).not.toContain(KEY.secret)
      return error
    }
    /** Retried as the loop would: a server may take a moment to answer as it accepted. */
    const settles = async (
      one: ReturnType<typeof provider>,
      applied: Awaited<ReturnType<typeof one.apply>>,
    ) => {
      for (let tries = 0; tries < 100; tries++) {
        if (await one.settled?.(applied, noAbort())) return true
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return false
    }

    it('opens the zone and tells its serial', async () => {
      const opened = await provider({ zone: ZONE }).open(noAbort())
      expect(opened).toEqual({ origin: `${ZONE}.`, notes: [`serial ${serialAt(server.at, ZONE)}`] })
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
      const serial = serialAt(server.at, ZONE)
      const text =
        '_sip._udp.life 30 SRV 10 60 5060 a.life\n_sip._udp.life SRV 20 1 5060 b.life\na.life A 192.0.2.21\nlife TXT "heritage=sipvane,owner=ns1"\nlife NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.life'
      const made = await one.apply(creations(ZONE, text), noAbort())
      expect(await settles(one, made)).toBe(true)
      expect(short('_sip._udp.life', 'SRV')).toEqual([
        `10 60 5060 a.life.${ZONE}.`,
        `20 1 5060 b.life.${ZONE}.`,
      ])
      expect(short('life', 'NAPTR')).toEqual([`10 10 "s" "SIP+D2U" "" _sip._udp.life.${ZONE}.`])
      const serialMade = serialAt(server.at, ZONE)
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
      expect(serialAt(server.at, ZONE)).toBeGreaterThan(serialMade)

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
      expect(dig(server.at, `_sip._udp.pbx.${ZONE}`, 'SRV', '+short')).toEqual([`10 60 5060 pbx1.${ZONE}.`])
    })

    const conflict = async (changes: readonly Change[], apiCode: string) => {
      const serial = serialAt(server.at, ZONE)
      const error = await failure(provider().apply(changes, noAbort()))
      expect(error).toMatchObject({ fault: 'conflict', apiCode, uncertain: false, retryable: true })
      expect(serialAt(server.at, ZONE)).toBe(serial)
    }

    it('creates nothing, not even the rest, where one is there already', async () => {
      await conflict(creations(ZONE, 'fresh A 192.0.2.30\nwww A 192.0.2.30'), 'YXRRSET')
      expect(short('fresh', 'A')).toEqual([])
      await conflict(creations(ZONE, 'alias A 192.0.2.30'), 'YXRRSET')
    })

    it('changes nothing that somebody else changed meanwhile', async () => {
      nsupdate(server.at, ZONE, [`update add edit.${ZONE} 30 A 192.0.2.40`])
      const sets = await readAll(provider(), ZONE)
      nsupdate(server.at, ZONE, [`update add edit.${ZONE} 30 A 192.0.2.41`])
      await conflict(replacements(ZONE, 'edit A 192.0.2.42', sets), 'NXRRSET')
      await conflict([deletion(find(sets, ZONE, 'edit', 'A'))], 'NXRRSET')
      expect(short('edit', 'A')).toEqual(['192.0.2.40', '192.0.2.41'])
      nsupdate(server.at, ZONE, [`update delete edit.${ZONE} A`])
      await conflict(replacements(ZONE, 'edit A 192.0.2.42', sets), 'NXRRSET')
    })

    it("does not take a wildcard's answer for a set of the name", async () => {
      for (const read of ['transfer', 'queries'] as const) {
        const one = provider({ read })
        const names = ['new', 'real', '_sip._udp.pbx', read]
        const sets: readonly CurrentSet[] = await readAll(one, 'wild.test', names)
        const ours = linesOf(sets).filter((line) => !line.startsWith('*') && !line.startsWith('ns1'))
        expect(ours.filter((line) => !line.startsWith('_udp'))).toEqual(
          [
            'real.wild.test. 60 IN A 192.0.2.201',
            ...(read === 'queries' ? ['transfer.wild.test. 30 IN A 192.0.2.7'] : []),
          ].slice(0, read === 'queries' ? 1 : 2),
        )
        await one.apply(creations('wild.test', `${read} A 192.0.2.7`), noAbort())
        expect(short(read, 'A', 'wild.test')).toEqual(['192.0.2.7'])
      }
    })

    it('takes 600 record sets in one message, over TCP', async () => {
      const one = provider()
      await readAll(one, 'many.test')
      const text = Array.from(
        { length: 300 },
        (_, i) => `_sip._udp.n${i} SRV 10 60 5060 t${i}\nt${i} A 192.0.2.${i % 250}`,
      )
      const serial = serialAt(server.at, 'many.test')
      const applied = await one.apply(creations('many.test', text.join('\n')), noAbort())
      expect(await settles(one, applied)).toBe(true)
      expect(
        linesOf((await readAll(one, 'many.test')).filter(({ name }) => name !== 'ns1.many.test.')),
      ).toEqual(linesOf(applied.sets))
      expect(serialAt(server.at, 'many.test')).toBeGreaterThan(serial)
    })

    it.each([
      [
        'a wrong secret',
        { key: { ...KEY, secret: Buffer.alloc(32).toString('base64') } },
        'credentials',
        /secret|key/,
      ],
      ['a key that it does not know', { key: { ...KEY, name: 'no-such-key' } }, 'credentials', /key/],
      [
        'our clock an hour ahead',
        { aheadMs: 3_600_000 },
        'clock',
        /server's clock is (1 h 0 min|59 min \d+ s|60 min \d s) behind ours|clock and ours disagree/,
      ],
      [
        'our clock ten minutes behind',
        { aheadMs: -600_000 },
        'clock',
        /server's clock is (10 min \d+ s|9 min \d+ s) ahead of ours|clock and ours disagree/,
      ],
    ] as const)('tells %s', async (_, options, fault, words) => {
      for (const transport of ['auto', 'tcp'] as const) {
        const error = await failure(
          provider({ ...options, transport, zone: ZONE }).apply(
            creations(ZONE, 'never A 192.0.2.50'),
            noAbort(),
          ),
        )
        expect([error.fault, error.message]).toEqual([fault, expect.stringMatching(words)])
        expect((await failure(provider({ ...options, transport, zone: ZONE }).open(noAbort()))).fault).toBe(
          fault,
        )
      }
      expect(short('never', 'A')).toEqual([])
    })

    it('tells a key that may not update from changes that may not be made', async () => {
      const error = await failure(
        provider({ key: IDLE, zone: ZONE }).apply(creations(ZONE, 'never A 192.0.2.50'), noAbort()),
      )
      expect([error.fault, error.retryable]).toEqual([peer.deniedAs ?? 'scope', false])
      expect(short('never', 'A')).toEqual([])
    })

    it('tells a zone that is not there, and a name outside of the zone', async () => {
      expect((await failure(provider({ zone: 'other.test' }).open(noAbort()))).fault).toBe('no-zone')
      expect((await failure(readAll(provider(), 'other.test'))).fault).toBe('no-zone')
      const away = await failure(
        provider({ zone: 'other.test' }).apply(creations('other.test', 'x A 192.0.2.50'), noAbort()),
      )
      expect(away.fault).toBe('no-zone')
      const outside = await failure(
        provider({ zone: ZONE }).apply(creations('other.test', 'x A 192.0.2.50'), noAbort()),
      )
      expect(['refused', 'protocol']).toContain(outside.fault)
    })
  })
}
