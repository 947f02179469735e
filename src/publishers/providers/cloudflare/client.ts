import type Cloudflare from 'cloudflare'
import type { ProviderDeps } from '../definition.ts'
import { ProviderError } from '../error.ts'
import { capped } from './body-limit.ts'
import { toProviderError } from './faults.ts'
import type { CloudflareOptions } from './options.ts'

/** What a call brought, and the reply's headers. */
export interface Reply<T> {
  readonly data: T
  readonly response: Response
}

export interface CallOptions {
  /** What is tried, for people: `list the records`. */
  readonly what: string
  readonly writes: boolean
  readonly signal: AbortSignal
}

/** What the SDK takes with each call. */
export interface SdkOptions {
  readonly signal: AbortSignal
  readonly timeout: number
  readonly maxRetries: 0
}

/** Fewer left than this, and the rest is spread over what is left of the window. */
const FEW_LEFT = 30

/** The SDK, loaded late (half a second, 50 MB), held to one try, a deadline for the whole answer, and the rate limit's headers. */
export class CloudflareClient {
  readonly #options: CloudflareOptions
  readonly #deps: ProviderDeps
  #sdk: Promise<Cloudflare> | undefined

  constructor(options: CloudflareOptions, deps: ProviderDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** One call, in turn. Rejects with `ProviderError` only. */
  async call<T>(
    { what, writes, signal }: CallOptions,
    ask: (sdk: Cloudflare, sdkOptions: SdkOptions) => Promise<Reply<T>>,
  ): Promise<T> {
    const context = { what, secrets: [this.#options.apiToken] }
    let sdk: Cloudflare
    try {
      sdk = await this.#load()
      await this.#deps.pace.turn(signal)
    } catch (error) {
      throw toProviderError(error, { ...context, writes: false, timedOut: false, aborted: signal.aborted })
    }
    const deadline = new AbortController()
    const { timeoutMs } = this.#options
    let timedOut = false
    const cancel = this.#deps.timers.after(timeoutMs, () => {
      timedOut = true
      deadline.abort()
    })
    const leave = () => deadline.abort()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      // The SDK's own time-out ends with the headers; ours covers the body too.
      const reply = await ask(sdk, { signal: deadline.signal, timeout: timeoutMs + 1_000, maxRetries: 0 })
      this.#heed(reply.response.headers)
      return reply.data
    } catch (error) {
      if (error instanceof Error && 'headers' in error && error.headers instanceof Headers)
        this.#heed(error.headers)
      const aborted = signal.aborted && !timedOut
      throw toProviderError(error, { ...context, writes, timedOut, aborted })
    } finally {
      cancel()
      signal.removeEventListener('abort', leave)
    }
  }

  #load(): Promise<Cloudflare> {
    this.#sdk ??= this.#create()
    return this.#sdk
  }

  async #create(): Promise<Cloudflare> {
    const { default: Sdk } = await import('cloudflare')
    const { apiToken, baseUrl } = this.#options
    return new Sdk({
      apiToken,
      baseURL: baseUrl,
      // Null, not absent: else the SDK would take keys of another account from the environment.
      apiKey: null,
      apiEmail: null,
      userServiceKey: null,
      // Its debug log shows headers; our loop retries, and reads first.
      logLevel: 'off',
      maxRetries: 0,
      fetch: capped(fetch),
      // The token goes to the API and nowhere else.
      fetchOptions: { redirect: 'error' },
    })
  }

  /** `Ratelimit: "default";r=50;t=30`: requests left and seconds until there are more, for every limit that applies. */
  #heed(headers: Headers): void {
    const limits = headers.get('ratelimit') ?? ''
    for (const [, left, seconds] of limits.slice(0, 500).matchAll(/;\s*r=(\d{1,9});\s*t=(\d{1,6})/g)) {
      const windowMs = Math.min(Number(seconds), 3600) * 1000
      if (Number(left) < FEW_LEFT) this.#deps.pace.hold(Math.ceil(windowMs / Math.max(1, Number(left))))
    }
  }
}

/** For what a reply should have been and is not; the change that it answers may have been made. */
export function senseless(what: string, writes: boolean): ProviderError {
  return new ProviderError('protocol', `could not ${what}: the answer makes no sense`, { uncertain: writes })
}
