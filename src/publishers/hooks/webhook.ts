import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import { timeOfDay } from '../time-of-day.ts'
import { defineHook, type Finding, type Hook, type HookContext } from './definition.ts'
import { call } from './http/call.ts'
import { webUrl } from './http/url.ts'
import { signatureHeaders } from './webhook/sign.ts'
import { messageFor, TEMPLATES } from './webhook/templates.ts'

const HEADER_NAME = /^[A-Za-z0-9-]{1,100}$/
const OWN_HEADERS = new Set([
  'content-type',
  'content-length',
  'host',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
])

const keys = z.strictObject({
  url: webUrl().describe(
    'Where events are posted to. Its path is taken for a secret: logs have the host alone.',
  ),
  template: z
    .enum(TEMPLATES)
    .default('cloudevents')
    .describe(
      'The form of the message: cloudevents, slack, teams, pagerduty, alertmanager. Default cloudevents.',
    ),
  secret: z
    .string()
    .min(16, { error: 'allowed: 16 characters at least, or whsec_ with base64' })
    .max(500)
    .optional()
    .describe('Key of the signature (HMAC-SHA256, Standard Webhooks). Absent: not signed.'),
  routingKey: z
    .string()
    .regex(/^[A-Za-z0-9]{1,100}$/, { error: 'allowed: the integration key of a PagerDuty service' })
    .optional()
    .describe("PagerDuty's integration key; required with that template."),
  headers: z
    .record(z.string(), z.string().regex(/^[\x20-\x7e]{0,2000}$/, { error: 'allowed: printable ASCII' }))
    .optional()
    .describe('Headers to send beside ours, like an Authorization. Their values are taken for secrets.'),
})

export type WebhookOptions = z.output<typeof keys>

const options: z.ZodType<WebhookOptions> = keys.superRefine((seen, context) => {
  if ((seen.template === 'pagerduty') !== (seen.routingKey !== undefined)) {
    const message = 'allowed: with template pagerduty, and required there'
    context.addIssue({ code: 'custom', message, path: ['routingKey'] })
  }
  for (const name of Object.keys(seen.headers ?? {})) {
    if (HEADER_NAME.test(name) && !OWN_HEADERS.has(name.toLowerCase())) continue
    const message = `allowed: names of headers, other than ${[...OWN_HEADERS].join(', ')}`
    context.addIssue({ code: 'custom', message, path: ['headers', name] })
  }
})

export const webhook = defineHook<WebhookOptions>({
  kind: 'webhook',
  summary:
    'Posts each event as JSON: CloudEvents with a signature, or in the form that Slack, Teams, PagerDuty or Alertmanager takes.',
  options,
  takes: 'each',
  events: [
    'decision.changed',
    'verdict.changed',
    'zone.changed',
    'sight.lost',
    'sight.regained',
    'hook.ran',
    'hook.failed',
  ],
  defaultOn: ['decision.changed', 'verdict.changed', 'sight.lost', 'sight.regained', 'hook.failed'],
  defaultTimeoutMs: 10_000,
  secrets: ({ url, secret, routingKey, headers }) => [
    ...[secret, routingKey].filter((text) => text !== undefined),
    ...Object.values(headers ?? {}),
    ...secretsOfUrl(url),
  ],
  create: (settings) => new Webhook(settings),
})

class Webhook implements Hook {
  readonly #options: WebhookOptions

  constructor(settings: WebhookOptions) {
    this.#options = settings
  }

  async run(event: SipvaneEvent, { signal, dryRun, step }: HookContext): Promise<void> {
    const { template, secret, routingKey = '', headers } = this.#options
    const url = new URL(this.#options.url)
    const { contentType, body } = messageFor(template, event, routingKey)
    if (dryRun) return step(`would post ${body.length} characters (${template}) to ${url.host}`)
    // The signature's time is this attempt's: a receiver refuses what is older than some minutes.
    const signed = secret === undefined ? {} : signatureHeaders(secret, event.id, body, timeOfDay.nowMs())
    const { status } = await call({
      what: 'post the event',
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': contentType, ...signed },
      body,
      signal,
      secrets: webhook.secrets(this.#options),
      wants: 'status',
    })
    step(`posted to ${url.host}: ${status}`)
  }

  async check(event: SipvaneEvent, context: HookContext): Promise<Finding[]> {
    const unsigned = this.#options.secret === undefined && this.#options.template === 'cloudevents'
    await this.run(event, context)
    const warning: Finding = { result: 'warn', text: 'no secret: whoever knows the URL can tell it anything' }
    return [{ result: 'pass', text: 'a test event was taken' }, ...(unsigned ? [warning] : [])]
  }
}

/** Chats hide the key in the path or the query. */
function secretsOfUrl(text: string): string[] {
  const { pathname, search } = new URL(text)
  return [pathname, search].filter((part) => part.length > 4)
}
