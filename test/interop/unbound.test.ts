import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Zone } from '../../src/core/snapshot.ts'
import type { Responder } from '../../src/publishers/responder/responder.ts'
import { startResponder, UdpClient } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { type Reply, readReply } from '../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { hasPeer } from '../support/peers.ts'
import { type Resolver, startUnbound } from '../support/unbound-server.ts'

const missing = !hasPeer('unbound', 'unbound')
const ZONE = 'voice.example.test'
const TTL_S = 2

/** The zone with these lines beside what it always has; every TTL is short, so that a test can wait for its end. */
function voice(more: string, serial = 1): Zone {
  const text = `
@            ${TTL_S} SOA ns1 hostmaster ${serial} 7200 900 1209600 ${TTL_S}
@            NS    ns1
ns1          A     127.0.0.1
@            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
_sip._udp    SRV   10 60 5060 sip1
_sip._udp    SRV   20 60 5060 sip2
sip1         A     192.0.2.11
sip1         AAAA  2001:db8::11
sip2         A     192.0.2.12
chain        CNAME alias
alias        CNAME sip2
*.wild       TXT   "wild"
old          DNAME new
sip.new      A     192.0.2.13
${more}
`
  const zone = zoneOf(`${ZONE}.`, text)
  return { ...zone, sets: zone.sets.map((set) => ({ ...set, ttl: TTL_S })) }
}

let responder: Responder
let unbound: Resolver
let client: UdpClient

beforeAll(async () => {
  if (missing) return
  const started = await startResponder({ snapshot: snapshotOf(voice('')) })
  responder = started
  unbound = await startUnbound(started.at, [ZONE])
  client = await UdpClient.open(unbound.at)
})
afterAll(async () => {
  if (missing) return
  client.close()
  await unbound.stop()
  await responder.close()
})

let id = 1
async function resolve(name: string, type: Parameters<typeof queryOf>[1]): Promise<Reply> {
  const reply = await client.ask(queryOf(name, type, { id: ++id, flags: 0x0100, edns: true }))
  expect(reply.readUInt16BE(0)).toBe(id)
  return readReply(reply)
}

/** Without the TTLs, which count down, and in lower case: a name that a DNAME makes keeps the mixed case it was asked in. */
const lines = (records: readonly string[]) =>
  records
    .map((line) => line.replace(/ \d+ /, ' ').replace(/\S*example\.test/g, (name) => name.toLowerCase()))
    .sort()

describe.skipIf(missing)(`behind unbound${missing ? ' (not installed: Debian package unbound)' : ''}`, () => {
  it('everything resolves: 0x20, label by label, and with nothing below a name that is not there', async () => {
    expect(lines((await resolve(`_sip._udp.${ZONE}`, 'SRV')).answer)).toEqual([
      `_sip._udp.${ZONE} SRV 10 60 5060 sip1.${ZONE}`,
      `_sip._udp.${ZONE} SRV 20 60 5060 sip2.${ZONE}`,
    ])
    expect(lines((await resolve(ZONE, 'NAPTR')).answer)).toEqual([
      `${ZONE} NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.${ZONE}`,
    ])
    expect(lines((await resolve(`sip1.${ZONE}`, 'AAAA')).answer)).toEqual([`sip1.${ZONE} AAAA 2001:db8::11`])
    expect(lines((await resolve(`chain.${ZONE}`, 'A')).answer)).toEqual([
      `alias.${ZONE} CNAME sip2.${ZONE}`,
      `chain.${ZONE} CNAME alias.${ZONE}`,
      `sip2.${ZONE} A 192.0.2.12`,
    ])
    expect(lines((await resolve(`a.b.c.wild.${ZONE}`, 'TXT')).answer)).toEqual([
      `a.b.c.wild.${ZONE} TXT "wild"`,
    ])
    expect(unbound.output()).not.toMatch(/caps|0x20|lame|error/i)
  })

  it('a DNAME leads on to where the name is now', async () => {
    expect(lines((await resolve(`sip.old.${ZONE}`, 'A')).answer)).toEqual([
      `old.${ZONE} DNAME new.${ZONE}`,
      `sip.new.${ZONE} A 192.0.2.13`,
      `sip.old.${ZONE} CNAME sip.new.${ZONE}`,
    ])
  })

  it('a name between others has no data, and what is below it stays', async () => {
    await sleep((TTL_S + 1) * 1000)
    expect(await resolve(`_udp.${ZONE}`, 'A')).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect((await resolve(`_sip._udp.${ZONE}`, 'SRV')).answer).toHaveLength(2)
  })

  it('a denial is kept for the negative TTL, without another question, and no longer', async () => {
    const first = await resolve(`later.${ZONE}`, 'A')
    expect([first.rcode, lines(first.authority)]).toEqual([
      'NXDOMAIN',
      [expect.stringContaining(`${ZONE} SOA `)],
    ])
    const asked = () => responder.counters().queriesUdp + responder.counters().queriesTcp
    const before = asked()
    responder.publish(snapshotOf(voice('later A 192.0.2.77', 2)))
    expect((await resolve(`later.${ZONE}`, 'A')).rcode).toBe('NXDOMAIN')
    expect(asked()).toBe(before)
    await sleep((TTL_S + 1) * 1000)
    expect(lines((await resolve(`later.${ZONE}`, 'A')).answer)).toEqual([`later.${ZONE} A 192.0.2.77`])
  })

  it('a failover is seen after the TTL', async () => {
    expect((await resolve(`sip1.${ZONE}`, 'A')).answer).toHaveLength(1)
    const moved = voice('', 3)
    const sets = moved.sets.map((set) =>
      set.name === `sip1.${ZONE}.` && set.type === 'A'
        ? { ...set, mode: 'last-resort' as const, records: [{ type: 'A' as const, address: '192.0.2.99' }] }
        : set,
    )
    responder.publish(snapshotOf({ ...moved, sets }))
    await sleep((TTL_S + 1) * 1000)
    expect(lines((await resolve(`sip1.${ZONE}`, 'A')).answer)).toEqual([`sip1.${ZONE} A 192.0.2.99`])
  })
})
