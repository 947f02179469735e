import type { Timers } from '../../../core/ports.ts'
import type { Movable } from '../moving/move.ts'

export interface CloudPlace {
  /** The provider's id of the address: a number at Hetzner, the address itself at DigitalOcean. */
  readonly address: string
  readonly token: string
  /** Without a slash at its end. */
  readonly baseUrl: string
}

/** One cloud's floating addresses: one file, one line in `clouds.ts`. */
export interface Cloud {
  readonly baseUrl: string
  /** What its id of an address looks like. */
  readonly address: { readonly pattern: RegExp; readonly allowed: string }
  create(place: CloudPlace, timers: Timers): Movable
}
