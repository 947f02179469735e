import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startResponder, TcpClient, UdpClient } from '../support/dns-client.ts'
import { headerOnly, optionOf, type QueryOptions, queryOf } from '../support/dns-query.ts'
import { type Reply, readReply } from '../support/dns-reply.ts'

/**
 * RFC 8906 section 8: what servers are known to leave unanswered or to answer wrongly, asked over real sockets as ISC's genreport asks
 * (its names for them stand in front): each over UDP and TCP, for a zone that is served and one that is not.
 */
const ZONE = 'voice.example.test'
const FOREIGN = 'example.org'

const NSID = optionOf(3)
const SUBNET = optionOf(8, Buffer.from('00010000', 'hex'))
const EXPIRE = optionOf(9)
const COOKIE = optionOf(10, Buffer.from('0102030405060708', 'hex'))
const UNKNOWN = optionOf(100)
const EVERY = Buffer.concat([NSID, SUBNET, EXPIRE, COOKIE])

interface Case {
  readonly name: string
  readonly type?: Parameters<typeof queryOf>[1]
  readonly options: QueryOptions
  /** For the zone that is served; REFUSED for the other, unless it is wrong of itself. */
  readonly rcode?: 'BADVERS' | 'NOTIMP' | 'NODATA'
  /** Flags of the reply beside QR and AA. */
  readonly flags?: string
}

const CASES: readonly Case[] = [
  { name: 'dns, 8.1.1', options: {} },
  { name: 'type666, 8.1.2', type: 666, options: {}, rcode: 'NODATA' },
  { name: 'type1000, 8.1.2', type: 1000, options: {}, rcode: 'NODATA' },
  { name: 'type65280', type: 65280, options: {}, rcode: 'NODATA' },
  { name: 'dnskey', type: 'DNSKEY', options: { edns: { flags: 0x8000 } }, rcode: 'NODATA' },
  { name: 'cd, 8.1.3.1', options: { flags: 0x0010 } },
  { name: 'ad, 8.1.3.2', options: { flags: 0x0020 } },
  { name: 'zflag, 8.1.3.3', options: { flags: 0x0040 } },
  { name: 'rd, 8.1.3.4', options: { flags: 0x0100 }, flags: ' rd' },
  { name: 'aa', options: { flags: 0x0400 } },
  { name: 'tc', options: { flags: 0x0200 } },
  { name: 'ra', options: { flags: 0x0080 } },
  { name: 'opcode with a question, 8.1.4', options: { opcode: 15 }, rcode: 'NOTIMP' },
  { name: 'edns, 8.2.1', options: { edns: { size: 4096 } } },
  { name: 'edns1, 8.2.2', options: { edns: { version: 1 } }, rcode: 'BADVERS' },
  { name: 'ednsopt, 8.2.3', options: { edns: { options: UNKNOWN } } },
  { name: 'ednsflags, 8.2.4', options: { edns: { flags: 0x0080 } } },
  { name: 'edns1flags, 8.2.5', options: { edns: { version: 1, flags: 0x0080 } }, rcode: 'BADVERS' },
  { name: 'edns1opt, 8.2.6', options: { edns: { version: 1, options: UNKNOWN } }, rcode: 'BADVERS' },
  { name: 'edns@512, 8.2.7', options: { edns: { size: 512, flags: 0x8000 } } },
  { name: 'do, 8.2.8', options: { edns: { flags: 0x8000 } } },
  { name: 'edns1do, 8.2.9', options: { edns: { version: 1, flags: 0x8000 } }, rcode: 'BADVERS' },
  { name: 'optlist, 8.2.10', options: { edns: { options: EVERY } } },
  { name: 'ednsnsid', options: { edns: { options: NSID } } },
  { name: 'ednscookie', options: { edns: { options: COOKIE } } },
  { name: 'ednsexpire', options: { edns: { options: EXPIRE } } },
  { name: 'ednssubnet', options: { edns: { options: SUBNET } } },
  { name: 'edns1nsid', options: { edns: { version: 1, options: NSID } }, rcode: 'BADVERS' },
  { name: 'edns1cookie', options: { edns: { version: 1, options: COOKIE } }, rcode: 'BADVERS' },
  { name: 'edns1expire', options: { edns: { version: 1, options: EXPIRE } }, rcode: 'BADVERS' },
  { name: 'edns1subnet', options: { edns: { version: 1, options: SUBNET } }, rcode: 'BADVERS' },
]

let ask: Readonly<Record<'udp' | 'tcp', (query: Uint8Array) => Promise<Buffer>>>
let close: () => Promise<void>

beforeAll(async () => {
  const responder = await startResponder()
  const udp = await UdpClient.open(responder.at)
  const tcp = await TcpClient.open(responder.at)
  ask = { udp: (query) => udp.ask(query), tcp: (query) => tcp.ask(query) }
  close = async () => {
    udp.close()
    tcp.socket.destroy()
    await responder.close()
  }
})
afterAll(() => close())

/** Options of a reply, by code; cookies are answered, what we know nothing of is not. */
function optionCodes({ opt }: Reply): string[] {
  return (opt?.options ?? []).map((option) => option.split(':')[0] ?? '').filter((code) => code !== '15')
}

describe.each(['udp', 'tcp'] as const)('RFC 8906 section 8 over %s', (transport) => {
  it.each(CASES)('$name', async ({ type = 'SOA', options, rcode, flags = '' }) => {
    const own = readReply(await ask[transport](queryOf(ZONE, type, options)))
    const foreign = readReply(await ask[transport](queryOf(FOREIGN, type, options)))
    const wrong = rcode === 'BADVERS' || rcode === 'NOTIMP'
    expect(own.rcode).toBe(wrong ? rcode : 'NOERROR')
    expect(foreign.rcode).toBe(wrong ? rcode : 'REFUSED')
    expect(own.flags).toBe(wrong ? 'qr' : `qr aa${flags}`)
    expect(foreign.flags).toBe(`qr${flags}`)
    expect(own.answer.length).toBe(rcode === undefined ? 1 : 0)
    expect(own.authority.length).toBe(rcode === 'NODATA' ? 1 : 0)
    const knownOption =
      wrong || options.edns === undefined || options.edns === true ? undefined : options.edns.options
    for (const [reply, name] of [
      [own, ZONE],
      [foreign, FOREIGN],
    ] as const) {
      expect(reply.question).toEqual([expect.stringMatching(new RegExp(`^${name} IN `))])
      expect(reply.opt === undefined).toBe(options.edns === undefined)
      if (options.edns === undefined || options.edns === true) continue
      const dnssecOk = ((options.edns.flags ?? 0) & 0x8000) !== 0
      expect(reply.opt).toMatchObject({ version: 0, flags: dnssecOk ? 0x8000 : 0, size: 1232 })
      const cookie = knownOption !== undefined && Buffer.from(knownOption).includes(COOKIE)
      expect(optionCodes(reply)).toEqual(cookie ? ['10'] : [])
    }
  })

  it('opcode 15 in a bare header, and opcodeflg with every flag', async () => {
    for (const flags of [0x7800, 0x7800 | 0x07f0]) {
      const reply = readReply(await ask[transport](headerOnly(flags)))
      expect(reply).toMatchObject({
        rcode: 'NOTIMP',
        flags: (flags & 0x0100) !== 0 ? 'qr rd' : 'qr',
        question: [],
        answer: [],
      })
    }
  })
})
