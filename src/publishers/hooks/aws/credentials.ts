import { messageOf } from '../../../core/errors.ts'
import { HookError } from '../error.ts'
import type { Ec2Options } from './options.ts'
import type { AwsCredentials } from './sigv4.ts'

/** Keys that end within this are renewed first. */
const MARGIN_MS = 300_000

/**
 * Credentials as the AWS SDK finds them: environment, profile, SSO, web identity, container, instance role. The SDK of Route53 is here
 * anyway; its client is asked for them and for nothing else (docs/decisions/0020). Loaded late.
 */
export class CredentialSource {
  readonly #options: Ec2Options
  #kept: { readonly credentials: AwsCredentials; readonly endsMs: number } | undefined

  constructor(options: Ec2Options) {
    this.#options = options
  }

  /** Rejects with `HookError`, `credentials`. */
  async get(nowMs: number): Promise<AwsCredentials> {
    const { accessKeyId, secretAccessKey, sessionToken, profile, region } = this.#options
    if (accessKeyId !== undefined && secretAccessKey !== undefined)
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    if (this.#kept !== undefined && this.#kept.endsMs - MARGIN_MS > nowMs) return this.#kept.credentials
    const { Route53Client } = await import('@aws-sdk/client-route-53')
    const client = new Route53Client({ region, ...(profile === undefined ? {} : { profile }) })
    try {
      const found = await client.config.credentials()
      const credentials = {
        accessKeyId: found.accessKeyId,
        secretAccessKey: found.secretAccessKey,
        ...(found.sessionToken === undefined ? {} : { sessionToken: found.sessionToken }),
      }
      this.#kept = { credentials, endsMs: found.expiration?.getTime() ?? nowMs + 2 * MARGIN_MS }
      return credentials
    } catch (error) {
      throw new HookError('credentials', `no AWS credentials: ${messageOf(error)}`)
    } finally {
      client.destroy()
    }
  }

  /** They were refused: look for new ones. */
  forget(): void {
    this.#kept = undefined
  }
}
