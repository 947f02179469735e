import { answer } from '../../../src/publishers/responder/answer.ts'
import { readClientAddress } from '../../../src/publishers/responder/client-address.ts'
import { answerContext } from '../../../src/publishers/responder/context.ts'
import { PLAIN_POLICY, policyOf, policySeed } from '../../../src/publishers/responder/policy.ts'
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { readMessage } from '../../../src/wire/dns/read-message.ts'
import { compileSnapshot } from '../compile-snapshot.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../dns-zone.ts'
import { seededRandom } from '../virtual-time.ts'

const MOVED = zoneOf(
  'moved.voice.example.test.',
  `@ 60 SOA ns1.voice.example.test. h 1 1 1 1 5\n@ NS ns1.voice.example.test.\n@ DNAME ${'to'.repeat(30)}.example.`,
)
/** Leads back to what is served here, and round about. */
const BACK = zoneOf(
  'back.test.',
  '@ 60 SOA ns1.voice.example.test. h 1 1 1 1 5\n@ NS ns1.voice.example.test.\nto DNAME voice.example.test.\na DNAME b.back.test.\nb DNAME to.back.test.\nc DNAME c.c.back.test.',
)
const view = compileSnapshot(snapshotOf(VOICE, OTHER, MOVED, BACK))
const random = seededRandom(8906)
const cookies = { enabled: true, secrets: ['00'.repeat(16)], required: false }
const keys = [
  {
    name: canonicalName('fuzz.key.'),
    algorithm: 'hmac-sha256' as const,
    secret: Buffer.alloc(32).toString('base64'),
  },
]
const told = { listen: [], workers: 1, nsid: 'fuzz', version: 'v', identity: 'i', cookies, keys }
const RATES = {
  answersPerS: 5,
  referralsPerS: 5,
  denialsPerS: 5,
  errorsPerS: 5,
  allPerS: 20,
  windowS: 5,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  exempt: [],
  tableSize: 1024,
}

/** Each way to run the responder that changes what a query meets. */
const CONTEXTS = [
  answerContext(random, PLAIN_POLICY),
  answerContext(random, policyOf(policySeed(told))),
  answerContext(random, policyOf(policySeed({ ...told, cookies: { ...cookies, required: true } }))),
  answerContext(random, policyOf(policySeed({ ...told, rateLimit: RATES }))),
  answerContext(random, PLAIN_POLICY),
]
for (const context of CONTEXTS.slice(0, -1)) context.view = view

const out = new Uint8Array(65_535)
const again = new Uint8Array(65_535)
let nowMs = 1_700_000_000_000

/** What the reply to `bytes` was like, in one word: a new word is worth keeping the query for. Throws where it breaks a rule. */
export function runQuery(bytes: Uint8Array, variant: number): string {
  const context = CONTEXTS[variant % CONTEXTS.length]
  if (context === undefined) throw new Error('no such context')
  context.transport = (variant & 8) === 0 ? 'udp' : 'tcp'
  context.nowMs = nowMs
  nowMs += 10
  readClientAddress((variant & 16) === 0 ? '192.0.2.9' : '2001:db8::9', context.client)
  const before = Buffer.from(bytes)
  const length = answer(bytes, bytes.length, context, out)
  if (!before.equals(bytes)) throw new Error('the query was written to')
  if (length === 0) {
    const mute = bytes.length < 12 || (bytes[2] ?? 0) >= 0x80 || context.withheld
    if (!mute) throw new Error('no answer')
    return context.withheld ? 'withheld' : 'dropped'
  }
  return checkReply(bytes, out.subarray(0, length), context.transport, context.rcode)
}

/** Throws where `reply` breaks a rule that holds for every reply, whatever the query was. Gives a word for its kind. */
export function checkReply(
  query: Uint8Array,
  reply: Uint8Array,
  transport: 'udp' | 'tcp',
  rcode: number,
): string {
  must(query.length >= 12 && (query[2] ?? 0) < 0x80, 'an answer to no query')
  must(reply[0] === query[0] && reply[1] === query[1], 'another id')
  // QR set, opcode and RD copied, RA, Z, AD and CD clear.
  must(((reply[2] ?? 0) & 0xf9) === (0x80 | ((query[2] ?? 0) & 0x79)), 'wrong flags in octet 2')
  must(((reply[3] ?? 0) & 0xf0) === 0, 'wrong flags in octet 3')
  must(transport === 'udp' || ((reply[2] ?? 0) & 0x02) === 0, 'TC over TCP')
  const read = readMessage(reply)
  if (!read.ok) throw new Error(`the reply cannot be read: ${read.fault}`)
  const { message } = read
  must(message.rcode === rcode, `RCODE ${message.rcode}, told as ${rcode}`)
  must(rcode !== RCODE.SERVFAIL || transport === 'tcp' || message.answers.length === 0, 'SERVFAIL with data')
  const opts = message.additionals.filter(({ type }) => type === TYPE.OPT)
  if (transport === 'udp')
    must(reply.length <= (opts.length === 0 ? 512 : 1232), `${reply.length} octets over UDP`)
  must(message.questions.length <= 1, 'two questions')
  if (message.questions.length === 1) {
    let end = 12
    while ((reply[end] ?? 0) !== 0) end += (reply[end] ?? 0) + 1
    must(Buffer.from(reply.subarray(12, end + 5)).equals(query.subarray(12, end + 5)), 'another question')
  } else must(message.answers.length + message.authorities.length === 0, 'answers to no question')
  for (const record of [...message.answers, ...message.authorities]) {
    must(record.rdata !== undefined || record.class === 3, 'a record that no decoder takes')
  }
  // A reply that comes back as a query must end there: two servers shall not talk for ever.
  const context = CONTEXTS[0]
  must(context !== undefined && answer(reply, reply.length, context, again) === 0, 'an answer to a reply')
  const options = opts.map(({ octets }) => octets.length).join()
  return [
    rcode,
    reply[2],
    message.answers.length,
    message.authorities.length,
    message.additionals.length,
    options,
  ].join(' ')
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
