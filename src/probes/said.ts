import type { SipResponse } from '../wire/sip/message.ts'
import { printable } from '../wire/sip/printable.ts'

/** A status and its phrase as the server said them, made printable, with a note of ours. */
export function said({ status, phrase }: SipResponse, note?: string): string {
  const words = `${status} ${phrase}`.trim()
  return printable(note === undefined ? words : `${printable(words, 120)}: ${note}`)
}
