import { timeOfDay } from '../../time-of-day.ts'
import { HookError } from '../error.ts'
import { call } from '../http/call.ts'
import { CredentialSource } from './credentials.ts'
import { type Ec2Options, secretsOf } from './options.ts'
import { encode, signedHeaders } from './sigv4.ts'
import { parseXml, type XmlElement } from './xml.ts'

const API_VERSION = '2016-11-15'

/** The EC2 Query API: form-encoded questions, XML answers. */
export class Ec2 {
  readonly #options: Ec2Options
  readonly #credentials: CredentialSource

  constructor(options: Ec2Options) {
    this.#options = options
    this.#credentials = new CredentialSource(options)
  }

  /** The root of the answer. Rejects with `HookError`. */
  async ask(
    action: string,
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<XmlElement> {
    const { region, endpoint } = this.#options
    const nowMs = timeOfDay.nowMs()
    const credentials = await this.#credentials.get(nowMs)
    const body = Object.entries({ Action: action, Version: API_VERSION, ...fields })
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&')
    const url = new URL(endpoint ?? `https://ec2.${region}.${domainOf(region)}/`)
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const request = { method: 'POST' as const, url, headers, body }
    try {
      const { text } = await call({
        ...request,
        what: action,
        headers: signedHeaders({ ...request, region, service: 'ec2', nowMs }, credentials),
        signal,
        secrets: [...secretsOf(this.#options), credentials.secretAccessKey, credentials.sessionToken ?? ''],
      })
      const root = parseXml(text)
      if (root?.name === `${action}Response`) return root
      throw new HookError('protocol', `could not ${action}: the answer makes no sense`)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** AWS says more by its code than by the status, which is 400 for most. */
  #explain(error: unknown): unknown {
    if (!(error instanceof HookError)) return error
    const code = /<Code>([A-Za-z.]{1,100})<\/Code>/.exec(error.message)?.[1]
    if (error.fault === 'credentials') this.#credentials.forget()
    if (code === undefined) return error
    const text = /<Message>([^<]{1,300})<\/Message>/.exec(error.message)?.[1]
    const message = `${error.message.replace(/: \d{3} .*$/s, '')}: ${code}${text === undefined ? '' : `, ${text}`}`
    if (code === 'RequestLimitExceeded' || code === 'Throttling') return new HookError('throttled', message)
    if (code === 'AuthFailure' || code === 'UnauthorizedOperation' || code === 'RequestExpired') {
      this.#credentials.forget()
      return new HookError('credentials', message)
    }
    return new HookError(error.fault, message)
  }
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}
