import type { DnsSettings } from '../../core/dns-settings.ts'
import { CLASS, RCODE, TYPE } from '../../wire/dns/constants.ts'
import { HEADER, type Query } from '../../wire/dns/query.ts'
import type { StoredReply } from './image/reply.ts'
import { storedReply } from './image/writer.ts'
import type { Rendered } from './render.ts'
import { NO_EDE } from './reply-options.ts'

const NO_TEXT = new Uint8Array(0)

/** Names of class CH by what they tell: BIND's, NSD's, and those of RFC 4892. */
const NAMES = {
  version: ['version.bind', 'version.server'],
  identity: ['id.server', 'hostname.bind'],
} as const

/** Answers about this server itself, which nobody gets unless the configuration gives them: attackers read them more than friends do. */
export class ChaosAnswers {
  readonly #answers: readonly { readonly name: Uint8Array; readonly reply: StoredReply }[]

  /** Undefined where the configuration tells nothing. */
  static of(settings: Pick<DnsSettings, 'version' | 'identity'>): ChaosAnswers | undefined {
    const answers = (['version', 'identity'] as const).flatMap((what) => {
      const text = settings[what]
      if (text === undefined) return []
      return NAMES[what].map((name) => ({ name: wireName(name), reply: storedReply(textReply(text, name)) }))
    })
    return answers.length === 0 ? undefined : new ChaosAnswers(answers)
  }

  private constructor(answers: readonly { readonly name: Uint8Array; readonly reply: StoredReply }[]) {
    this.#answers = answers
  }

  /** The reply to a query of class CH, type TXT or ANY; undefined for all else. */
  find(bytes: Uint8Array, query: Query): StoredReply | undefined {
    if (query.qclass !== CLASS.CH || (query.qtype !== TYPE.TXT && query.qtype !== TYPE.ANY)) return undefined
    return this.#answers.find(({ name }) => isName(name, bytes, query))?.reply
  }
}

function isName(name: Uint8Array, bytes: Uint8Array, query: Query): boolean {
  if (query.nameEnd - HEADER !== name.length) return false
  for (let i = 0; i < name.length; i++) {
    const octet = bytes[HEADER + i] ?? 0
    // RFC 4343 section 3; lengths are below 64 and pass unchanged.
    if ((octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet) !== name[i]) return false
  }
  return true
}

function wireName(text: string): Uint8Array {
  return Uint8Array.from([...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0])
}

/** One TXT record of class CH, owned by QNAME. TTL 0: it speaks of this one server, and a cache would say it of others. */
function textReply(text: string, name: string): Rendered {
  const octets = Buffer.from(text, 'latin1')
  const body = Uint8Array.from([
    ...[0xc0, HEADER, 0, TYPE.TXT, 0, CLASS.CH],
    ...[0, 0, 0, 0, 0, octets.length + 1],
    ...[octets.length, ...octets],
  ])
  return {
    rcode: RCODE.NOERROR,
    authoritative: true,
    answers: 1,
    authorities: 0,
    glue: 0,
    body,
    required: body.length,
    optionalEnds: [],
    optionalCounts: [],
    relocations: [],
    qnameOctets: wireName(name).length,
    ede: NO_EDE,
    edeText: NO_TEXT,
    redirects: false,
  }
}
