import type { Route53Client } from '@aws-sdk/client-route-53'
import type { CallPace, ProviderDeps } from '../definition.ts'
import { ProviderError } from '../error.ts'
import { faultOf } from './faults.ts'
import { DEFAULT_TIMEOUT_MS, type Route53Options } from './options.ts'

type Sdk = typeof import('@aws-sdk/client-route-53')

export interface Call<Input, Output> {
  /** For people: `reading records`. */
  readonly doing: string
  readonly changes: boolean
  readonly input: Input
  send(sdk: Sdk, client: Route53Client, input: Input, options: { abortSignal: AbortSignal }): Promise<Output>
  /** What the error means for this call, where that is more than its code says. */
  explain?(thrown: unknown, fault: ProviderError): ProviderError
}

/** The SDK's client, one call at a time through the pace; whatever it throws comes out as `ProviderError`. */
export class Route53Api {
  readonly #options: Route53Options
  readonly #deps: ProviderDeps
  #sdk: Sdk | undefined
  #client: Route53Client | undefined

  constructor(options: Route53Options, deps: ProviderDeps) {
    this.#options = options
    this.#deps = deps
  }

  get pace(): CallPace {
    return this.#deps.pace
  }

  async call<Input, Output>(call: Call<Input, Output>, signal: AbortSignal): Promise<Output> {
    const { sdk, client } = await this.#open()
    await this.#turn(signal)
    // The SDK's own time-outs start with the socket; the credentials before it may hang too.
    const timeout = AbortSignal.timeout(this.#timeoutMs * 2)
    try {
      return await call.send(sdk, client, call.input, { abortSignal: AbortSignal.any([signal, timeout]) })
    } catch (error) {
      if (signal.aborted) throw new ProviderError('unreachable', 'stopped', { uncertain: call.changes })
      const fault = faultOf(error, {
        doing: call.doing,
        changes: call.changes,
        nowMs: this.#deps.clock.nowMs(),
        secrets: this.#secrets(),
      })
      throw call.explain?.(error, fault) ?? fault
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.pace.turn(signal)
    } catch (error) {
      // Nothing was sent, so nothing is uncertain.
      throw signal.aborted ? new ProviderError('timeout', 'given up: no longer wanted') : error
    }
  }

  close(): void {
    this.#client?.destroy()
    this.#client = undefined
  }

  /** New credentials are looked for: a profile may have been rewritten. */
  renew(): void {
    this.close()
  }

  get #timeoutMs(): number {
    return this.#options.timeout ?? DEFAULT_TIMEOUT_MS
  }

  #secrets(): string[] {
    const { secretAccessKey, sessionToken } = this.#options
    return [secretAccessKey, sessionToken].filter((secret) => secret !== undefined)
  }

  async #open(): Promise<{ sdk: Sdk; client: Route53Client }> {
    this.#sdk ??= await import('@aws-sdk/client-route-53')
    const { region, endpoint, profile, accessKeyId, secretAccessKey, sessionToken } = this.#options
    this.#client ??= new this.#sdk.Route53Client({
      region,
      // Retries are the loop's: it knows what is still wanted, and paces all calls of the account.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: Math.min(5_000, this.#timeoutMs),
        requestTimeout: this.#timeoutMs,
        throwOnRequestTimeout: true,
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      // Handed on to the SDK's chain of credentials, which else reads each file once in the life of the process.
      ...{ ignoreCache: true },
      ...(profile === undefined ? {} : { profile }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : {
            credentials: {
              accessKeyId,
              secretAccessKey,
              ...(sessionToken === undefined ? {} : { sessionToken }),
            },
          }),
    })
    return { sdk: this.#sdk, client: this.#client }
  }
}
