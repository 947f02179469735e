import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/** Whether a certificate speaks for a name, by the two rules in use. */
export interface Identity {
  /** By RFC 5922 sections 7.1 and 7.2, as SIP has it: this name itself, no wildcards. */
  readonly strict: boolean
  /** By RFC 6125, as the Web has it: wildcards stand for one label. Most phones go by this. */
  readonly hostname: boolean
}

/** Whether a certificate is for `name`, by the strict rules of SIP and by those of the Web. */
export function identityOf(name: string, certificate: PeerCertificate): Identity {
  return {
    strict: isIP(name) === 0 && sipDomains(certificate).includes(name.toLowerCase()),
    hostname: checkServerIdentity(name, certificate) === undefined,
  }
}

/**
 * The SIP domains that a certificate speaks for (RFC 5922 section 7.1), lower case:
 *
 * | subjectAltName holds           | domains |
 * |--------------------------------|---------|
 * | a `sip:` URI without user part | those URIs' hosts, and no DNS names |
 * | DNS names, no such URI         | the DNS names |
 * | neither                        | none |
 * | (there is no subjectAltName)   | the common name |
 */
export function sipDomains(certificate: PeerCertificate): string[] {
  const { subjectaltname, subject } = certificate
  if (subjectaltname === undefined || subjectaltname === '') {
    const name: unknown = subject?.CN
    return typeof name === 'string' ? [name.toLowerCase()] : []
  }
  const entries = alternativeNames(subjectaltname)
  const hosts = entries.filter(({ kind }) => kind === 'URI').flatMap(({ value }) => sipHost(value))
  if (hosts.length > 0) return hosts
  return entries.filter(({ kind }) => kind === 'DNS').map(({ value }) => value.toLowerCase())
}

/** `sip:example.com`; one with a user names a person (RFC 5922 section 7.1), a `sips:` one is of no use there. */
function sipHost(uri: string): string[] {
  const match = /^sip:([^@;?:/]+)(?::\d+)?(?:[;?].*)?$/i.exec(uri)
  return match === null || uri.includes('@') ? [] : [(match[1] ?? '').toLowerCase()]
}

interface AlternativeName {
  readonly kind: string
  readonly value: string
}

/** Node joins the names by `, `; a value that could be taken for more than one stands there as a JSON string. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y

/** What Node gives as `subjectaltname`, taken apart; it ends where the text can no longer be read. */
export function alternativeNames(text: string): AlternativeName[] {
  const names: AlternativeName[] = []
  ENTRY.lastIndex = 0
  for (let match = ENTRY.exec(text); match !== null && match[0] !== ''; match = ENTRY.exec(text)) {
    const [, kind = '', value = ''] = match
    names.push({ kind, value: value.startsWith('"') ? unquoted(value) : value })
  }
  return names
}

function unquoted(value: string): string {
  try {
    const text: unknown = JSON.parse(value)
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}
