/**
 * chan_sip as Asterisk up to 20 has it: its name is looked up with the first message out after `externrefresh`, never by a command; `sip reload`
 * sends a REGISTER for each registration, with the address that it has then.
 */
export interface ChanSipBehaviour {
  /** Absent: `externaddr` is static, or there is none. */
  readonly externhost?: string
  /** What the name leads to now. */
  readonly address: () => string
  readonly refreshMs: number
  /** From the REGISTER to `Registered`. Default 20 ms; null: it never comes up. */
  readonly registersAfterMs?: number | null
  /** Reloads that are passed over because one is under way. */
  readonly busyReloads?: number
  /** Registrations come up within the second of the one before, and before anybody looks. Default false. */
  readonly hasty?: boolean
}

export class ChanSip {
  readonly #how: ChanSipBehaviour
  readonly #registry: Map<string, { state: string; timeS: number }>
  readonly #later: (delayMs: number, act: () => void) => void
  #externaddr: string
  #expiresMs: number
  #busy: number
  /** The address in each REGISTER, in order. */
  readonly contacts: string[] = []
  reloads = 0

  constructor(
    how: ChanSipBehaviour,
    registrations: readonly string[],
    later: (delayMs: number, act: () => void) => void,
  ) {
    this.#how = how
    this.#later = later
    this.#externaddr = how.address()
    this.#expiresMs = performance.now() + how.refreshMs
    this.#busy = how.busyReloads ?? 0
    this.#registry = new Map(registrations.map((name) => [name, { state: 'Registered', timeS: 1 }]))
  }

  /** Output of a `sip` command. */
  command(line: string): string[] {
    if (line === 'sip reload') return this.#reload()
    if (line !== 'sip show settings') return []
    return [
      '',
      'Network Settings:',
      '---------------------------',
      '  SIP address remapping:  Enabled using externhost',
      `  Externhost:             ${this.#how.externhost ?? '<none>'}`,
      `  Externaddr:             ${this.#externaddr}:0`,
      `  Externrefresh:          ${Math.round(this.#how.refreshMs / 1000)}`,
    ]
  }

  /** The events of `SIPshowregistry`, without their ends. */
  entries(): string[] {
    return [...this.#registry].map(
      ([name, { state, timeS }]) =>
        `Event: RegistryEntry\r\nHost: ${name}\r\nPort: 5060\r\nUsername: me\r\nDomain: ${name}\r\nDomainPort: 5060\r\nRefresh: 105\r\nState: ${state}\r\nRegistrationTime: ${timeS}\r\n`,
    )
  }

  setState(name: string, state: string): void {
    this.#registry.set(name, { state, timeS: 1 })
  }

  #reload(): string[] {
    if (this.#busy-- > 0) return ['Previous SIP reload not yet done']
    this.reloads++
    for (const entry of this.#registry.values()) {
      this.#lookUp()
      this.contacts.push(this.#externaddr)
      if (this.#how.hasty === true) continue
      entry.state = 'Request Sent'
      const afterMs = this.#how.registersAfterMs === undefined ? 20 : this.#how.registersAfterMs
      if (afterMs === null) continue
      this.#later(afterMs, () => {
        entry.timeS++
        entry.state = 'Registered'
      })
    }
    return []
  }

  /** As `ast_sip_ouraddrfor` does, before each message to somebody outside. */
  #lookUp(): void {
    if (this.#how.externhost === undefined || performance.now() < this.#expiresMs) return
    this.#externaddr = this.#how.address()
    this.#expiresMs = performance.now() + this.#how.refreshMs
  }
}
