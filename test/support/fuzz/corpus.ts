import { TYPE } from '../../../src/wire/dns/constants.ts'
import { headerOnly, optionOf, optOf, queryOf, recordOf, u16, wireName } from '../dns-query.ts'

const ZONE = 'voice.example.test'

/** The longest label there is. */
const LABEL = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0x61)])

const EVERY_OPTION = Buffer.concat([
  optionOf(3),
  optionOf(8, Buffer.from('00011800c00002', 'hex')),
  optionOf(9),
  optionOf(10, Buffer.alloc(8, 7)),
  optionOf(11),
  optionOf(12, Buffer.alloc(16)),
])

/** A signature of a key that is known, made long ago. */
const TSIG = recordOf(
  TYPE.TSIG,
  Buffer.concat([wireName('hmac-sha256.'), u16(0, 0, 1000, 300, 32), Buffer.alloc(32), u16(0x1234, 0, 0)]),
  { owner: wireName('fuzz.key'), qclass: 255 },
)

/** Queries to begin with: one of each kind that a resolver or a scanner sends. */
export const SEEDS: readonly Buffer[] = [
  queryOf(ZONE, 'A'),
  queryOf(`_sip._udp.${ZONE}`, 'SRV', { edns: true, flags: 0x0100 }),
  queryOf(ZONE, 'NAPTR', { edns: { size: 512, flags: 0x8000 } }),
  queryOf(`nope.${ZONE}`, 'AAAA', { edns: { options: EVERY_OPTION } }),
  queryOf(`a.b.wild.${ZONE}`, 'TXT'),
  queryOf(`x.child.${ZONE}`, 'DS'),
  queryOf(`chain.${ZONE}`, 'A', { edns: { options: optionOf(10, Buffer.alloc(24, 1)) } }),
  queryOf(`weighted.${ZONE}`, 'ANY'),
  queryOf(`x.moved.${ZONE}`, 'SRV', { edns: true }),
  queryOf(Buffer.concat([LABEL, LABEL, wireName(`x.moved.${ZONE}`)]), 'A'),
  queryOf('_sip._udp.a.back.test', 'SRV', { edns: true }),
  queryOf('x.child.to.back.test', 'MX', { edns: { size: 600 } }),
  queryOf('x.c.back.test', 'A'),
  queryOf(Buffer.concat([LABEL, LABEL, LABEL, wireName(ZONE)]), 'A', { edns: true }),
  queryOf('version.bind', 'TXT', { qclass: 3, edns: true }),
  queryOf('example.org', 'SOA', { edns: { version: 1 } }),
  queryOf(ZONE, 'AXFR'),
  queryOf(ZONE, 'IXFR', { records: [recordOf(TYPE.SOA, Buffer.alloc(22))], counts: [0, 1, 0] }),
  queryOf(ZONE, 'SOA', { opcode: 4, flags: 0x0400 }),
  queryOf(ZONE, 'SOA', { opcode: 5 }),
  queryOf(ZONE, 'A', { records: [recordOf(TYPE.TSIG, Buffer.alloc(40), { qclass: 255 })] }),
  headerOnly(0, [0, 0, 0, 1], optOf({ options: optionOf(10, Buffer.alloc(8, 7)) })),
  queryOf(ZONE, 'SOA', { records: [optOf(), TSIG] }),
]

/** Pieces that chance alone would take long to come upon. */
export const DICTIONARY: readonly Buffer[] = [
  ...[ZONE, `sip1.${ZONE}`, `odd\\.dot\\000.${ZONE}`, 'id.server', '.', `x.lostar.${ZONE}`, 'other.test'].map(
    wireName,
  ),
  ...[0, 1, 2, 5, 6, 12, 33, 35, 39, 41, 43, 128, 249, 250, 251, 252, 255, 257, 65535].map((type) =>
    u16(type),
  ),
  ...[1, 3, 4, 254, 255].map((qclass) => u16(qclass)),
  optOf(),
  optOf({ size: 0, flags: 0xffff }),
  EVERY_OPTION,
  optionOf(10, Buffer.alloc(16, 9)),
  TSIG,
  recordOf(TYPE.TSIG, Buffer.alloc(30), { qclass: 255 }),
  LABEL,
  Buffer.concat([LABEL, LABEL]),
  Buffer.from([0xc0, 0x0c]),
  Buffer.from([0xff, 0xff]),
  Buffer.from([63]),
  Buffer.from([64]),
]
