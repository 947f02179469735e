import { HookError } from '../error.ts'

/** One message of the manager interface: a response or an event. */
export interface AmiMessage {
  /** By lower-case name; the last of several wins. */
  readonly headers: ReadonlyMap<string, string>
  /** The lines that a `Command` brought. */
  readonly output: readonly string[]
}

/** Of one message. Asterisk's own lists come as many small ones; only the output of a command is long. */
export const MESSAGE_MAX = 1_048_576
const HEADERS_MAX = 1_000
const END_COMMAND = '--END COMMAND--'

/**
 * Cuts the byte stream into messages, whatever pieces it comes in. A message ends with an empty line. Up to Asterisk 13 a command's
 * output (`Response: Follows`) came bare, up to `--END COMMAND--`, and may hold empty lines; since 14 each line is an `Output` header.
 */
export class AmiReader {
  #held = ''
  #banner = false

  /** The messages that `text` completes; first of all the banner as one with the header `banner`. Throws `HookError` for what is no AMI. */
  push(text: string): AmiMessage[] {
    this.#held += text
    const messages: AmiMessage[] = []
    if (!this.#banner) {
      const end = this.#held.indexOf('\n')
      if (end < 0) return this.#tooLong(messages, 1024)
      const banner = this.#held.slice(0, end).trimEnd()
      // "Asterisk Call Manager/5.0.1"; a patched name still ends in a version.
      if (!/^[\x20-\x7e]*Call Manager\/[\d.]+$/.test(banner))
        throw new HookError('protocol', 'the far end is no Asterisk manager')
      this.#held = this.#held.slice(end + 1)
      this.#banner = true
      messages.push({ headers: new Map([['banner', banner]]), output: [] })
    }
    for (let end = this.#end(); end !== undefined; end = this.#end()) {
      const block = this.#held.slice(0, end.at)
      this.#held = this.#held.slice(end.next)
      if (block.trim() !== '') messages.push(parse(block))
    }
    return this.#tooLong(messages, MESSAGE_MAX)
  }

  /** Where the first whole message ends, and where the next one begins. */
  #end(): { at: number; next: number } | undefined {
    // An empty message: Asterisk separates some lists by more than one empty line.
    const blank = /^(?:\r?\n)+/.exec(this.#held)?.[0]
    if (blank !== undefined) return { at: 0, next: blank.length }
    if (/^Response: Follows\r?\n/i.test(this.#held)) {
      const mark = this.#held.indexOf(END_COMMAND)
      if (mark < 0) return undefined
      const next = mark + END_COMMAND.length
      return { at: next, next }
    }
    const match = /\r?\n\r?\n/.exec(this.#held)
    return match === null ? undefined : { at: match.index, next: match.index + match[0].length }
  }

  #tooLong(messages: AmiMessage[], max: number): AmiMessage[] {
    if (this.#held.length <= max) return messages
    throw new HookError('protocol', `a message of the manager is longer than ${max} characters`)
  }
}

function parse(block: string): AmiMessage {
  const headers = new Map<string, string>()
  const output: string[] = []
  let bare = false
  for (const line of block.split(/\r?\n/)) {
    const match = bare ? null : /^([A-Za-z][A-Za-z0-9_-]{0,80}): ?(.*)$/.exec(line)
    if (match !== null && match[1]?.toLowerCase() === 'output') output.push(match[2] ?? '')
    else if (match !== null && headers.size < HEADERS_MAX)
      headers.set(match[1]?.toLowerCase() ?? '', match[2]?.trim() ?? '')
    else if (headers.get('response')?.toLowerCase() === 'follows') {
      // The headers of the old form are few and come first: what looks like one later is output.
      bare = true
      if (line !== END_COMMAND) output.push(line.replace(END_COMMAND, ''))
    }
    if (headers.has('actionid') && headers.get('response')?.toLowerCase() === 'follows') bare = true
  }
  return { headers, output }
}
