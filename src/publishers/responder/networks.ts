import { type ClientAddress, emptyClientAddress, readClientAddress } from './client-address.ts'

interface Network {
  readonly address: ClientAddress
  readonly bits: number
}

/** A list of networks, `address/bits`, that clients are looked up in. */
export class Networks {
  readonly #networks: readonly Network[]

  /** Throws nothing: what is in the configuration was checked there. */
  constructor(texts: readonly string[]) {
    this.#networks = texts.map((text) => {
      const [host = '', bits = ''] = text.split('/')
      const address = emptyClientAddress()
      readClientAddress(host, address)
      return { address, bits: Number(bits) }
    })
  }

  holds(client: ClientAddress): boolean {
    for (const { address, bits } of this.#networks) {
      if (address.length === client.length && sameStart(address.octets, client.octets, bits)) return true
    }
    return false
  }
}

function sameStart(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = bits & 7
  return rest === 0 || (((a[whole] ?? 0) ^ (b[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0
}
