import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import { port } from '../../core/schemas.ts'
import { defineHook, type Finding, type Hook, type HookContext } from './definition.ts'
import { faultOfSmtp } from './email/faults.ts'
import { letterFor } from './email/letter.ts'
import { openMailer } from './email/mailer.ts'

const ADDRESS = /^[^\s<>@"(),:;\\[\]]{1,64}@[A-Za-z0-9.-]{1,253}$/
const address = z
  .string({ error: 'allowed: a mail address, like noc@example.com' })
  .regex(ADDRESS, { error: 'allowed: a mail address, like noc@example.com' })
const HOST = 'allowed: the name or address of a mail server'

const keys = z.strictObject({
  server: z
    .string({ error: HOST })
    .regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: HOST })
    .describe('Mail server to hand over to.'),
  port: port().optional().describe('Default 587; 465 with security tls; 25 with security none.'),
  security: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .describe(
      'starttls: TLS is demanded after the greeting; tls: from the first byte; none: plain, only without a user. Default starttls.',
    ),
  user: z.string().min(1).max(320).optional().describe('User to log in as. Absent: no log-in.'),
  password: z.string().min(1).max(1000).optional().describe("The user's password."),
  from: address.describe('Sender.'),
  to: z
    .array(address, { error: 'allowed: a list of mail addresses' })
    .min(1)
    .max(50)
    .describe('Recipients. One refused of several is a failure that is told, but not tried again.'),
  ca: z.string().optional().describe('Trusted issuers (PEM text). Default those of Node.js.'),
})

export type EmailOptions = z.output<typeof keys>

const options: z.ZodType<EmailOptions> = keys.superRefine((seen, context) => {
  if ((seen.user === undefined) !== (seen.password === undefined)) {
    const missing = seen.user === undefined ? 'user' : 'password'
    context.addIssue({ code: 'custom', message: 'allowed: user and password together', path: [missing] })
  }
  if (seen.security === 'none' && seen.user !== undefined) {
    const message = 'allowed: starttls or tls, because a password would travel in the clear'
    context.addIssue({ code: 'custom', message, path: ['security'] })
  }
})

export const email = defineHook<EmailOptions>({
  kind: 'email',
  summary: 'Sends each event as a letter, by SMTP to one mail server.',
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
  defaultOn: ['decision.changed', 'sight.lost', 'sight.regained', 'hook.failed'],
  defaultTimeoutMs: 30_000,
  secrets: ({ password }) => (password === undefined ? [] : [password]),
  create: (settings) => new Email(settings),
})

class Email implements Hook {
  readonly #options: EmailOptions

  constructor(settings: EmailOptions) {
    this.#options = settings
  }

  async run(event: SipvaneEvent, { signal, dryRun, step }: HookContext): Promise<void> {
    const { from, to, server } = this.#options
    const letter = letterFor(event, from.slice(from.indexOf('@') + 1))
    if (dryRun) return step(`would send "${letter.subject}" to ${to.join(', ')} by ${server}`)
    const mailer = await openMailer(this.#options, signal)
    try {
      const { rejected } = await mailer.send({ ...letter, from, to })
      if (rejected.length > 0) step(`refused for ${rejected.join(', ')}`)
      step(`${server} took the letter to ${to.length - rejected.length} of ${to.length}`)
    } catch (error) {
      throw faultOfSmtp(error, server, signal.aborted)
    } finally {
      mailer.close()
    }
  }

  async check(event: SipvaneEvent, context: HookContext): Promise<Finding[]> {
    await this.run(event, context)
    return [{ result: 'pass', text: `${this.#options.server} took a test letter` }]
  }
}
