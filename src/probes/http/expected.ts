import { type StatusPattern, statusMatcher } from '../expected-statuses.ts'
import { compileMatch, holds, type TextMatch } from '../pattern/text-match.ts'
import type { HttpAnswer } from './exchange.ts'

export interface HttpFault {
  readonly of: 'status' | 'header' | 'body'
  /** Not yet printable: it quotes the server. */
  readonly text: string
}

/** What an answer has to be like. */
export class Expected {
  readonly #status: (status: number) => boolean
  readonly #headers: readonly (readonly [name: string, match: TextMatch])[]
  readonly #body: TextMatch | undefined

  constructor(options: {
    readonly status: readonly StatusPattern[]
    readonly expectHeaders?: Readonly<Record<string, string>> | undefined
    readonly body?: string | undefined
  }) {
    this.#status = statusMatcher(options.status)
    this.#headers = Object.entries(options.expectHeaders ?? {}).map(
      ([name, source]) => [name.toLowerCase(), compileMatch(source)] as const,
    )
    this.#body = options.body === undefined ? undefined : compileMatch(options.body)
  }

  /** The first that is not as it has to be. */
  fault(answer: Pick<HttpAnswer, 'status' | 'headers' | 'body'>): HttpFault | undefined {
    if (!this.#status(answer.status))
      return { of: 'status', text: `status ${answer.status} is not among those expected` }
    for (const [name, match] of this.#headers) {
      const value = answer.headers[name]
      if (value === undefined) return { of: 'header', text: `status ${answer.status}, no header ${name}` }
      const text = typeof value === 'string' ? value : value.join(', ')
      if (!holds(match, Buffer.from(text, 'latin1')))
        return { of: 'header', text: `header ${name} is ${text}` }
    }
    if (this.#body !== undefined && !holds(this.#body, answer.body)) {
      const begins = Buffer.from(answer.body.subarray(0, 80)).toString('latin1')
      return {
        of: 'body',
        text: `status ${answer.status}, but not ${this.#body.source} in the body: ${begins}`,
      }
    }
    return undefined
  }
}
