import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { port, wholeNumber } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { HOST_NAME, readTrustAnchors } from './sip-endpoint.ts'
import { type Handshake, type HandshakeEnd, shakeHands } from './tls/handshake.ts'
import { identityOf, sipDomains } from './tls/identity.ts'

const DAY_MS = 86_400_000

const options = z.strictObject({
  port: port().optional().describe("Port to connect to. Default the target's TLS port."),
  serverName: z
    .string()
    .regex(HOST_NAME, 'not a host name')
    .optional()
    .describe(
      "Name to ask for (SNI) and to find in the certificate: the SIP domain. Default the target's, else the address.",
    ),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('File with the only issuers to trust, PEM. Default those of Node.js.'),
  verify: z.boolean().default(true).describe('Check chain, name and end of the certificate. Default true.'),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'The name has to be there by RFC 5922: no wildcards. Default false: as phones go, wildcards pass.',
    ),
  minDays: wholeNumber(0, 3650)
    .default(21)
    .describe('A certificate with fewer days left degrades. Default 21.'),
})

export type TlsSettings = z.output<typeof options>

export const tls = defineProbe<TlsSettings>({
  kind: 'tls',
  summary:
    'Shakes hands over TLS, anew each time: proves that the certificate on duty is valid, for the right name, for long enough; not ' +
    'that SIP answers. Costs the server one full handshake.',
  // A full handshake is dear, and certificates change seldom.
  defaults: { intervalMs: 60_000, timeoutMs: 5_000 },
  options,
  files: ['ca'],
  create: (settings, deps) => new TlsProber(settings, deps),
})

class TlsProber implements Prober {
  readonly #settings: TlsSettings
  readonly #deps: ProbeDeps
  #ca: string | undefined

  constructor(settings: TlsSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#ca = await readTrustAnchors(this.#settings.ca)
  }

  async close(): Promise<void> {}

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const port = this.#settings.port ?? target.ports.tls
    const name = this.#settings.serverName ?? target.serverName
    const parameters = {
      ...(name === undefined ? {} : { serverName: name }),
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    }
    context.trace?.({
      direction: 'note',
      text: `TLS handshake with ${address} port ${port} as ${name ?? address}`,
    })
    const end = await shakeHands({ address, port, source: target.source }, parameters, context, this.#deps)
    const judged = this.#judge(end, name ?? address)
    if (end.kind === 'shaken') {
      const names = sipDomains(end.certificate).join(', ')
      context.trace?.({
        direction: 'received',
        text: printable(`${end.protocol}, certificate for ${names || 'no name'}`),
      })
    }
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }

  #judge(end: HandshakeEnd, name: string): Outcome {
    switch (end.kind) {
      case 'aborted':
        return outcome('aborted', { attempts: 1 })
      case 'timeout': {
        const detail = end.connected ? 'connected, but the TLS handshake did not end' : 'no connection'
        return outcome('timeout', { attempts: 1, detail })
      }
      case 'fault': {
        const { reason, detail } = end.fault
        return outcome(reason, { attempts: reason === 'no-route' ? 0 : 1, detail })
      }
      case 'shaken':
        return this.#judgeCertificate(end, name)
    }
  }

  /**
   * The first that holds:
   *
   * | fact                                     | `verify` | outcome         |
   * |------------------------------------------|----------|-----------------|
   * | the chain is not trusted, or has expired | yes      | tls-certificate |
   * | not for this name                        | yes      | tls-certificate |
   * | no day left                              | yes      | tls-certificate |
   * | no day left                              | no       | ok, impaired    |
   * | fewer than `minDays` left                | any      | ok, impaired    |
   * | -                                        | any      | ok              |
   */
  #judgeCertificate(shaken: Handshake, name: string): Outcome {
    const { verify, strict, minDays } = this.#settings
    const { endsMs, chainFault, protocol, certificate, rttMs } = shaken
    const identity = identityOf(name, certificate)
    const days = endsMs === undefined ? undefined : Math.floor((endsMs - this.#deps.clock.nowMs()) / DAY_MS)
    const facts = [
      protocol,
      `RFC 5922 strict: ${yesNo(identity.strict)}`,
      `hostname: ${yesNo(identity.hostname)}`,
      days === undefined ? 'end unknown' : days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`,
    ].join(', ')
    const rest = { attempts: 1, rttMs }
    const refuse = (why: string) =>
      outcome('tls-certificate', { ...rest, detail: printable(`${why}; ${facts}`) })
    const ours = strict ? identity.strict : identity.strict || identity.hostname
    if (verify && chainFault !== undefined) return refuse(chainFault.detail)
    if (verify && !ours) return refuse(`the certificate is not for ${name}`)
    if (verify && days !== undefined && days < 0) return refuse('the certificate has expired')
    const short = days !== undefined && days < minDays
    const impaired =
      days !== undefined && days < 0 ? 'the certificate has expired' : `the certificate ends in ${days} days`
    return outcome('ok', { ...rest, detail: printable(facts), ...(short ? { impaired } : {}) })
  }
}

function yesNo(holds: boolean): string {
  return holds ? 'yes' : 'no'
}
