import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Decision } from '../../src/core/decision.ts'
import type { ZoneSettings } from '../../src/core/settings.ts'
import { buildZone } from '../../src/zone/build.ts'
import { checkZone } from '../../src/zone/check.ts'
import { formatZone } from '../../src/zone/format.ts'
import { hasPeer } from '../support/peers.ts'
import {
  answer,
  decisionOf,
  decisionsOf,
  EDGE,
  memberOf,
  NAMESERVER_RECORDS,
  ORIGIN,
  poolsOf,
  zoneOf,
} from '../zone/sample.ts'

const missing = !hasPeer('named-checkzone', 'bind9-utils')

const directory = mkdtempSync(join(tmpdir(), 'sipvane-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** BIND's own reading of a zone: its exit status, and what it says. Every check it has is an error. */
function ask(text: string): { status: number | null; said: string } {
  const strict = [
    '-i',
    'local',
    '-k',
    'fail',
    '-m',
    'fail',
    '-M',
    'fail',
    '-n',
    'fail',
    '-r',
    'fail',
    '-S',
    'fail',
    '-W',
    'warn',
  ]
  const file = join(directory, 'zone')
  writeFileSync(file, text)
  const run = spawnSync('named-checkzone', [...strict, ORIGIN, file], { encoding: 'utf8' })
  return { status: run.status, said: `${run.stdout}${run.stderr}` }
}

function build(decision: Partial<Decision> = {}, settings: Partial<ZoneSettings> = {}): string {
  const zone = zoneOf(settings)
  expect(checkZone(zone, poolsOf(EDGE))).toEqual([])
  const decisions = decisionsOf(decisionOf(EDGE, decision))
  return formatZone(buildZone({ settings: zone, pools: poolsOf(EDGE), decisions, nowMs: 1_700_000_000_000 }))
}

const [sip1, sip2] = EDGE.targets.map((one) => memberOf(one))
if (sip1 === undefined || sip2 === undefined) throw new Error('the sample has two targets')

// Not in every system's base: Debian has it in bind9-utils.
describe.skipIf(missing)(
  `named-checkzone${missing ? ' (skipped: not installed; Debian has it in bind9-utils)' : ''}`,
  () => {
    it.each<[string, Partial<Decision>, Partial<ZoneSettings>]>([
      ['with every target up', {}, {}],
      ['failed over', { members: [sip2], active: [sip2] }, {}],
      ['with nothing to serve', { members: [], active: [] }, {}],
      ['weighted', { pick: 'one', active: [sip1, sip2] }, {}],
      [
        'with static records of every kind',
        {},
        {
          records: `${NAMESERVER_RECORDS}
*.w 5 A 192.0.2.7
a TXT "x;y" "\\255\\"" ""
b MX 10 ns1
b MX 5 mail.example.net.
c CAA 0 issue "ca.example"
d TYPE65280 \\# 3 abcdef
e\\.f\\000 CNAME ns1
g\\@\\$\\(\\" TXT "odd"
sub NS ns.sub
ns.sub A 192.0.2.9
sub DS \\# 36 ${'0001080200'.padEnd(72, 'ab')}
n NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:i@x!" .
_stun._udp SRV 0 0 3478 ns1`,
          answers: [...zoneOf().answers, answer('*.any', 'A')],
        },
      ],
    ])('accepts a zone %s', (_, decision, settings) => {
      const { status, said } = ask(build(decision, settings))
      expect(said).toBe('zone voice.example.com/IN: loaded serial 1700000000\nOK\n')
      expect(status).toBe(0)
    })

    it.each([
      ['CNAME beside other data', 'a TXT "x"\na CNAME ns1', /CNAME and other data/],
      ['SRV to a CNAME', 'a CNAME ns1\nx SRV 1 1 5060 a', /is a CNAME/],
      ['MX without an address', '@ MX 1 nowhere', /no address records/],
      ['a delegation without glue', 'sub NS ns.sub', /REQUIRED GLUE/],
      ['a name outside the zone', 'b.example.net. A 192.0.2.9', /out-of-zone/],
    ])('objects to what checkZone refuses: %s', (_, extra, objection) => {
      const records = NAMESERVER_RECORDS + extra
      expect(checkZone(zoneOf({ records }), poolsOf(EDGE))).not.toEqual([])
      expect(ask(`${build()}$ORIGIN ${ORIGIN}\n$TTL 60\n${extra}\n`).said).toMatch(objection)
    })
  },
)
