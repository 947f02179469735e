import { parameters, splitOutsideQuotes } from './header-values.ts'

/** A SIP or SIPS URI as far as routing needs it (RFC 3261 section 19.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** Without brackets; a name in lower case, an address as written. */
  readonly host: string
  readonly port?: number
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_URI = 1024
const FORM =
  /^(sips?):(?:[^@<>\s"]*@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9\-_.]*[a-z0-9_.])?)(?::(\d{1,5}))?(;[^?\s<>"]*)?(?:\?\S*)?$/i

/** undefined for anything else, other schemes included. Bytes off the network: bounded, printable ASCII only. */
export function parseSipUri(text: string): SipUri | undefined {
  if (text.length > MAX_URI || !/^[\x21-\x7e]+$/.test(text)) return undefined
  const parts = FORM.exec(text)
  if (parts === null) return undefined
  const port = parts[3] === undefined ? undefined : Number(parts[3])
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  return {
    scheme: parts[1]?.toLowerCase() === 'sips' ? 'sips' : 'sip',
    host: (parts[2] ?? '').replace(/^\[|\]$/g, '').toLowerCase(),
    ...(port === undefined ? {} : { port }),
    parameters: parameters((parts[4] ?? '').slice(1).split(';')),
  }
}

/** The addresses of the values of `Contact`, `Route` or `Record-Route` headers, in order; values without a readable one are left out. */
export function addressUris(values: readonly string[]): string[] {
  return values
    .flatMap((value) => splitOutsideQuotes(value, ','))
    .flatMap((one) => {
      const uri = addressUri(one)
      return uri === undefined ? [] : [uri]
    })
}

/** The URI of `"Name" <sip:…>;tag=…`, or of the form without angle brackets, whose parameters are the header's (RFC 3261 section 20). */
function addressUri(value: string): string | undefined {
  const bracketed = /^(?:[^<"]|"(?:[^"\\]|\\.)*")*<([^<>]*)>/s.exec(value)?.[1]
  const uri = (bracketed ?? value.split(';')[0] ?? '').trim()
  return parseSipUri(uri) === undefined ? undefined : uri
}
