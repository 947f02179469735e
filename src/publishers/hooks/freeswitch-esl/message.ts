import { HookError } from '../error.ts'

/** One message of the event socket: headers, and a body where Content-Length says so. */
export interface EslMessage {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const MESSAGE_MAX = 1_048_576

/** Cuts the byte stream into messages, whatever pieces it comes in. Lengths count octets: the text is one character an octet. */
export class EslReader {
  #held = ''

  /** The messages that `text` completes. Throws `HookError` for what is no event socket. */
  push(text: string): EslMessage[] {
    this.#held += text
    const messages: EslMessage[] = []
    for (;;) {
      this.#held = this.#held.replace(/^\n+/, '')
      const end = this.#held.indexOf('\n\n')
      if (end < 0) break
      const headers = parseHeaders(this.#held.slice(0, end))
      const length = Number(headers.get('content-length') ?? 0)
      if (!Number.isInteger(length) || length < 0 || length > MESSAGE_MAX)
        throw new HookError('protocol', 'FreeSWITCH sent a message of an impossible length')
      const start = end + 2
      if (this.#held.length < start + length) break
      messages.push({ headers, body: this.#held.slice(start, start + length) })
      this.#held = this.#held.slice(start + length)
    }
    if (this.#held.length > MESSAGE_MAX + 65_536)
      throw new HookError('protocol', `a message of FreeSWITCH is longer than ${MESSAGE_MAX} characters`)
    return messages
  }
}

function parseHeaders(block: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of block.split('\n')) {
    const match = /^([A-Za-z][A-Za-z0-9_-]{0,80}):[ \t]*(.*)$/.exec(line)
    if (match === null) throw new HookError('protocol', 'the far end is no FreeSWITCH event socket')
    headers.set(match[1]?.toLowerCase() ?? '', match[2]?.trim() ?? '')
  }
  return headers
}
