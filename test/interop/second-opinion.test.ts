import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SocketAddress } from '../../src/core/settings.ts'
import { askByDatagram } from '../../src/publishers/providers/rfc2136/datagram.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { startResponder } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { hasPeer, peerPath } from '../support/peers.ts'
import { workerUrl } from '../support/responder-batch.ts'
import { SECONDARIES, type Secondary, type SecondaryKind } from '../support/secondary.ts'
import { realTime } from '../support/sip-real-time.ts'
import { KEY, portFreeForBoth } from '../support/update-server.ts'

const HEAD = `@ 60 SOA ns1 hostmaster 1 7200 900 1209600 15
@ 60 NS ns1
@ 60 NS ns2
ns1 A 127.0.0.1
ns2 AAAA 2001:db8::2
`
/** What the standards speak of, in two zones that lead into each other. */
const ZONES = [
  zoneOf(
    'voice.test.',
    `${HEAD}
@            A     192.0.2.11
@            MX    10 mail
@            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
mail         A     192.0.2.25
_sip._udp    SRV   10 60 5060 sip1
_sip._udp    SRV   20 100 5060 sip2
sip1         A     192.0.2.11
sip1         AAAA  2001:db8::11
sip2         A     192.0.2.12
text         TXT   "one" "two words"
opaque       TYPE65280 \\# 3 c00c01
caa          CAA   0 issue "ca.example"
alias        CNAME sip1
chain        CNAME alias
dangling     CNAME nowhere
outside      CNAME www.example.org.
away         CNAME sip.other.test.
handed       CNAME host.child
*.wild       A     192.0.2.50
*.wild       TXT   "wild"
deep.block.wild A  192.0.2.51
*.star       CNAME sip1
child        NS    ns1.child
child        NS    ns2
ns1.child    A     192.0.2.60
old          DNAME new
old          TXT   "moved"
sip.new      A     192.0.2.10
*.made.new   A     192.0.2.14
alias.new    CNAME sip1
far          DNAME elsewhere.example.
over         DNAME voice.other.test.
into         CNAME sip.old
`,
  ),
  zoneOf(
    'other.test.',
    `${HEAD}
sip          A     198.51.100.5
back         CNAME chain.voice.test.
sip.voice    A     198.51.100.6
_sip._udp.voice SRV 1 1 5060 sip
there        DNAME old.voice.test.
`,
  ),
]

const NAMES = [
  ...['voice.test', 'other.test', 'ns1.voice.test', 'ns2.voice.test', 'mail.voice.test', 'text.voice.test'],
  ...['_sip._udp', '_udp', 'sip1', 'sip2', 'opaque', 'caa', 'alias', 'chain', 'dangling', 'outside', 'away'],
  ...['handed', 'wild', 'a.wild', 'a.b.wild', '*.wild', 'block.wild', 'x.block.wild', 'deep.block.wild'],
  ...['x.star', 'star', 'child', 'host.child', 'ns1.child', 'a.b.child', 'nope', 'a.nope', 'sub.sip1'],
  ...['old', 'new', 'sip.old', 'nope.old', 'x.made.old', 'alias.old', 'a.b.far', 'far', 'over', 'sip.over'],
  ...['_sip._udp.over', 'nope.over', 'into', 'SIP.Old', 'x.A.wild'],
  ...['sip.there.other.test', 'back.other.test', 'nope.there.other.test'],
].map((name) => (name.endsWith('.test') ? name : `${name}.voice.test`))

/** ANY is left out: RFC 8482 lets everybody have a way of his own, and so are types that no query may have. */
const TYPES = [
  'A',
  'AAAA',
  'SRV',
  'NAPTR',
  'MX',
  'NS',
  'SOA',
  'TXT',
  'CNAME',
  'DNAME',
  'CAA',
  'PTR',
  65280,
] as const
type Type = (typeof TYPES)[number]

interface Opinion {
  readonly rcode: string
  readonly aa: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
}

/** Where one of them is known to think otherwise, and why that is no fault of ours. */
const OTHERWISE: Readonly<
  Record<SecondaryKind, readonly { because: string; when: (asked: Asked) => boolean }[]>
> = {
  nsd: [],
  knot: [{ because: 'it never leaves the zone that was asked for', when: ({ ours }) => leavesZone(ours) }],
  bind: [
    { because: 'it never leaves the zone that was asked for', when: ({ ours }) => leavesZone(ours) },
    {
      because: 'a denial to who asks for the SOA itself is not to be kept (zero-no-soa-ttl)',
      when: ({ type, ours }) => type === 'SOA' && ours?.rcode === 'NXDOMAIN',
    },
  ],
  powerdns: [
    {
      because: 'it goes on behind a CNAME that a DNAME or a wildcard made, though that was asked for',
      when: ({ name, type, ours }) =>
        type === 'CNAME' &&
        (name === 'x.star.voice.test' || ours?.answer.some((line) => line.includes(' dname ')) === true),
    },
  ],
}

interface Asked {
  readonly name: string
  readonly type: Type
  readonly ours: Opinion | undefined
}

/** An alias leads from one of our zones into the other. */
function leavesZone(ours: Opinion | undefined): boolean {
  const lines = [...(ours?.answer ?? []), ...(ours?.authority ?? [])]
  return ['voice.test', 'other.test'].every((zone) =>
    lines.some((line) => line.split(' ')[0]?.endsWith(zone)),
  )
}

async function opinionOf(at: SocketAddress, name: string, type: Type): Promise<Opinion | undefined> {
  const options = { timers: realTime, timeoutMs: 2_000, signal: new AbortController().signal }
  const reply = await askByDatagram(at, queryOf(name, type, { edns: true }), options, (bytes) => bytes)
  if (reply === undefined) return undefined
  const { rcode, flags, answer, authority } = readReply(reply)
  const plain = (lines: readonly string[]) => lines.map((line) => line.toLowerCase())
  // The SOA of a denial and the NS of a referral count; the zone's own NS beside an answer may stand or not.
  const own = (line: string) => / ns /.test(line) && /^(voice|other)\.test /.test(line)
  return {
    rcode,
    aa: flags.includes('aa'),
    // Of an alias's chain the order is given (RFC 1034 section 4.3.2), of a set it is not.
    answer: plain(answer).sort(),
    authority: plain(authority)
      .filter((line) => !own(line))
      .sort(),
  }
}

for (const kind of Object.keys(SECONDARIES) as SecondaryKind[]) {
  const { command, package: debian } = SECONDARIES[kind]
  const missing = !hasPeer(command, debian) || peerPath(command) === undefined
  describe.skipIf(missing)(
    `what ${kind} answers from the same zones${missing ? ` (Debian package ${debian})` : ''}`,
    () => {
      let responder: Awaited<ReturnType<typeof startResponder>>
      let secondary: Secondary
      beforeAll(async () => {
        const port = await portFreeForBoth()
        const key = { ...KEY, name: canonicalName(KEY.name) }
        responder = await startResponder({
          workerUrl,
          snapshot: snapshotOf(...ZONES),
          settings: {
            io: 'auto',
            keys: [key],
            transfer: { allow: [{ key: key.name }], zones: new Map(), journalChanges: 10, maxConcurrent: 4 },
            notify: {
              targets: [{ to: { address: '127.0.0.1', port }, key: key.name }],
              timeoutMs: 300,
              retries: 20,
            },
          },
        })
        secondary = await SECONDARIES[kind].start(
          { zones: ['voice.test', 'other.test'], primary: responder.at, key: KEY },
          port,
        )
        for (const zone of ['voice.test', 'other.test']) {
          for (let tries = 0; (await opinionOf(secondary.at, zone, 'SOA'))?.aa !== true; tries++) {
            if (tries === 100) throw new Error(`${zone} did not come to ${kind}:\n${secondary.output()}`)
            await new Promise((resolve) => setTimeout(resolve, 100))
          }
        }
      }, 60_000)
      afterAll(async () => {
        await secondary?.stop()
        await responder?.close()
      }, 30_000)

      it('is what sipvane answers', async () => {
        const differences: string[] = []
        let compared = 0
        const met = new Set<string>()
        for (const name of NAMES) {
          for (const type of TYPES) {
            const ours = await opinionOf(responder.at, name, type)
            const theirs = await opinionOf(secondary.at, name, type)
            const known = OTHERWISE[kind].find(({ when }) => when({ name, type, ours }))
            if (known !== undefined) {
              if (JSON.stringify(ours) !== JSON.stringify(theirs)) met.add(known.because)
              continue
            }
            compared++
            const [a, b] = [ours, theirs].map((one) => JSON.stringify(one))
            if (a !== b) differences.push(`${name} ${type}\n  we   ${a}\n  they ${b}`)
          }
        }
        expect(compared).toBeGreaterThan(500)
        expect(differences.join('\n')).toBe('')
        // What is not met any more need not be excused any more.
        expect([...met].sort()).toEqual(OTHERWISE[kind].map(({ because }) => because).sort())
      }, 120_000)
    },
  )
}
