import type { SocketAddress } from '../../core/settings.ts'
import { withoutDigestResponses } from '../../wire/sip/digest.ts'
import { printable, printableMessage } from '../../wire/sip/printable.ts'
import type { Via } from '../../wire/sip/via.ts'
import type { AskContext } from '../definition.ts'

/** The steps of one question for `sipvane probe`; costs nothing where nobody listens. */
export class TransactionTrace {
  readonly #emit: AskContext['trace']

  constructor(emit: AskContext['trace']) {
    this.#emit = emit
  }

  sent(bytes: Uint8Array): void {
    // Who has the digest of a password can guess the password at leisure.
    this.#emit?.({ direction: 'sent', text: withoutDigestResponses(printableMessage(bytes)) })
  }

  received(bytes: Uint8Array): void {
    this.#emit?.({ direction: 'received', text: withoutDigestResponses(printableMessage(bytes)) })
  }

  ignored(what: string, bytes: Uint8Array): void {
    this.#emit?.({
      direction: 'note',
      text: `ignored: ${what}\n${withoutDigestResponses(printableMessage(bytes))}`,
    })
  }

  /** `text` is ours; what comes from the network goes through the others. */
  note(text: string): void {
    this.#emit?.({ direction: 'note', text })
  }

  /** RFC 3581: `received` and `rport` tell how we look from there, which a NAT may have changed. */
  mapping(local: SocketAddress, via: Via): void {
    const address = via.received ?? local.address
    const port = via.rport ?? local.port
    if (address === local.address && port === local.port) return
    this.note(printable(`the server sees us as ${address} port ${port}`))
  }
}
