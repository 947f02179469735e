import type { Random } from '../../src/core/ports.ts'
import { TYPE } from '../../src/wire/dns/constants.ts'
import { headerOnly, optionOf, optOf, queryOf, recordOf, u16, wireName } from './dns-query.ts'
import { seededRandom } from './virtual-time.ts'

const NAMES = [
  'voice.example.test',
  '_sip._udp.voice.example.test',
  'weighted.voice.example.test',
  'chain.voice.example.test',
  'away.voice.example.test',
  'a.b.wild.voice.example.test',
  'x.child.voice.example.test',
  'nope.voice.example.test',
  'q.star.voice.example.test',
  'example.org',
  '.',
]
const TYPES = [1, 2, 5, 6, 15, 16, 28, 33, 35, 41, 43, 128, 250, 251, 252, 255, 257, 65280, 65535]

/** Endless packets that mean no good, the same for the same seed: noise, cut and flipped queries, loops, counts that lie. */
export function* hostilePackets(seed: number, maxOctets: number): Generator<Buffer> {
  const random = seededRandom(seed)
  const kinds = [
    noise,
    noiseBehindHeader,
    cut,
    flipped,
    flipped,
    loops,
    lyingCounts,
    manyRecords,
    oddOpts,
    longNames,
    responses,
    valid,
  ]
  for (let i = 0; ; i++) yield (kinds[i % kinds.length] ?? noise)(random).subarray(0, maxOctets)
}

function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit)
}

function pick<T>(random: Random, from: readonly T[], otherwise: T): T {
  return from[below(random, from.length)] ?? otherwise
}

function octets(random: Random, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => below(random, 256)))
}

function noise(random: Random): Buffer {
  return octets(random, below(random, 600))
}

/** QR and the opcode clear, so that it is looked at. */
function noiseBehindHeader(random: Random): Buffer {
  const bytes = octets(random, 12 + below(random, 300))
  bytes[2] = (bytes[2] ?? 0) & 0x07
  for (let at = 4; at < 12; at += 2) bytes.writeUInt16BE(below(random, 3), at)
  bytes.writeUInt16BE(1, 4)
  return bytes
}

function valid(random: Random): Buffer {
  const edns = random.next() < 0.7
  const options = { id: below(random, 65536), flags: below(random, 2) << 8 }
  return queryOf(pick(random, NAMES, '.'), pick(random, TYPES, 1), {
    ...options,
    ...(edns
      ? {
          edns: {
            size: below(random, 65536),
            flags: below(random, 65536),
            options: random.next() < 0.5 ? optionOf(10, octets(random, 8)) : Buffer.alloc(0),
          },
        }
      : {}),
  })
}

function cut(random: Random): Buffer {
  const whole = valid(random)
  return whole.subarray(0, below(random, whole.length))
}

function flipped(random: Random): Buffer {
  const bytes = Buffer.from(valid(random))
  for (let flips = 1 + below(random, 6); flips > 0; flips--) {
    const at = 2 + below(random, bytes.length - 2)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
  }
  return bytes
}

/** Pointers to themselves, to each other, into the header, ahead and behind the end; in QNAME and in owners. */
function loops(random: Random): Buffer {
  const target = pick(random, [0, 2, 11, 12, 13, 14, 24, 28, 500, 16383], 12)
  const pointer = Buffer.from([0xc0 | (target >> 8), target & 0xff])
  const name = random.next() < 0.5 ? pointer : Buffer.concat([Buffer.from([1, 97]), pointer])
  if (random.next() < 0.5) return queryOf(name, 'A', { edns: true })
  const chain = Array.from({ length: 1 + below(random, 60) }, () =>
    recordOf(TYPE.NS, pointer, { owner: name }),
  )
  return queryOf('voice.example.test', 'A', { records: chain, edns: true })
}

function lyingCounts(random: Random): Buffer {
  const counts = Array.from({ length: 4 }, () => pick(random, [0, 1, 2, 255, 65535], 1))
  const rest =
    random.next() < 0.5
      ? Buffer.concat([wireName(pick(random, NAMES, '.')), u16(1, 1), optOf()])
      : octets(random, below(random, 50))
  return headerOnly(0, counts, rest)
}

function manyRecords(random: Random): Buffer {
  return queryOf('voice.example.test', 'A', {
    records: Array.from({ length: below(random, 90) }, () => recordOf(below(random, 300))),
  })
}

function oddOpts(random: Random): Buffer {
  const opts = Array.from({ length: 1 + below(random, 4) }, () =>
    optOf({
      size: pick(random, [0, 1, 511, 512, 1232, 65535], 0),
      version: pick(random, [0, 0, 1, 255], 0),
      extendedRcode: below(random, 256),
      options: pick(
        random,
        [
          Buffer.alloc(0),
          u16(10),
          u16(10, 9),
          u16(10, 65535, 1),
          optionOf(8, octets(random, 7)),
          octets(random, 30),
        ],
        Buffer.alloc(0),
      ),
      ...(random.next() < 0.2 ? { owner: wireName('x') } : {}),
    }),
  )
  return queryOf(pick(random, NAMES, '.'), 'A', {
    records: opts,
    ...(random.next() < 0.3 ? { counts: [opts.length, 0, 0] as const } : {}),
  })
}

function longNames(random: Random): Buffer {
  const label = Buffer.concat([
    Buffer.from([pick(random, [1, 62, 63, 64, 127, 191, 192, 255], 63)]),
    octets(random, 63),
  ])
  const name = Buffer.concat([
    ...Array.from({ length: below(random, 8) }, () => label),
    wireName('voice.example.test'),
  ])
  return queryOf(name, pick(random, TYPES, 1), { edns: random.next() < 0.5 ? true : {} })
}

function responses(random: Random): Buffer {
  const bytes = Buffer.from(valid(random))
  bytes[2] = (bytes[2] ?? 0) | 0x80 | (below(random, 16) << 3)
  return bytes
}
