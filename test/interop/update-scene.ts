import { expect } from 'vitest'
import type { Applied, Provider } from '../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
import { dig } from '../support/nsupdate.ts'
import { noAbort, type UpdateProviderOptions, updateProvider } from '../support/update-provider.ts'
import { KEYS, type UpdateServer } from '../support/update-server.ts'

export const ZONE = 'example.test'

export interface UpdatePeer {
  readonly title: string
  /** Why it cannot be compared with; absent: it can. */
  readonly missing?: string | undefined
  /** What a key that it knows, but that has no rights at all, is told to be. */
  readonly deniedAs: 'scope' | 'credentials'
  /** Whether it says how far apart the clocks are. */
  readonly tellsTime: boolean
  start(): Promise<UpdateServer>
}

/** A running server, and the ways to look at it. */
export class UpdateScene {
  #server: UpdateServer | undefined

  begin(server: UpdateServer): void {
    this.#server = server
  }

  get server(): UpdateServer {
    if (this.#server === undefined) throw new Error('the server is not started')
    return this.#server
  }

  get at() {
    return this.server.at
  }

  readonly provider = (options?: UpdateProviderOptions): Provider => updateProvider(this.at, options)

  readonly short = (name: string, type: string, zone = ZONE): string[] =>
    dig(this.at, `${name}.${zone}`, type, '+short')

  /** The `ProviderError` that it must end in. */
  readonly failure = async (work: Promise<unknown>): Promise<ProviderError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof ProviderError)) throw new Error(`no ProviderError: ${error}`)
    for (const { secret } of KEYS) expect(error.message).not.toContain(secret)
    return error
  }

  /** Asked again as the loop would: a server may take a moment to answer as it accepted. */
  readonly settles = async (one: Provider, applied: Applied): Promise<boolean> => {
    for (let tries = 0; tries < 100; tries++) {
      if (await one.settled?.(applied, noAbort())) return true
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return false
  }
}
