import { z } from 'zod'
import { duration, port } from '../../../core/schemas.ts'
import { externalName, resolver } from '../naming/options.ts'

const LINE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const HOST = 'allowed: a host name or an address'

const line = (max: number) =>
  z.string().max(max).regex(LINE, { error: 'allowed: printable ASCII, without blanks at the ends' })

const keys = z.strictObject({
  host: z
    .string({ error: HOST })
    .regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: HOST })
    .default('127.0.0.1')
    .describe('Where the manager interface is. Default 127.0.0.1.'),
  port: port().optional().describe('Default 5038, with TLS 5039.'),
  tls: z.boolean().default(false).describe('Speak TLS. Default false.'),
  ca: z.string().optional().describe('Trusted issuers (PEM text), with tls. Default those of Node.js.'),
  user: line(80).describe('User of manager.conf; needs write = system,command and read = system.'),
  secret: line(200).describe("The user's secret."),
  auth: z
    .enum(['md5', 'plain'])
    .default('md5')
    .describe('md5: by challenge, the secret stays here; plain: as it is, only with tls. Default md5.'),
  channel: z
    .enum(['pjsip', 'sip'])
    .default('pjsip')
    .describe('Which SIP driver: pjsip (res_pjsip), or sip (chan_sip, up to Asterisk 20). Default pjsip.'),
  externalName: externalName().describe(
    'The name in external_signaling_address or externhost: Asterisk is told to look it up anew once it leads to the new address, and to that alone.',
  ),
  resolver: resolver().describe(
    'Whom to ask for externalName. Default as Asterisk on this host asks: the system.',
  ),
  register: z
    .union([z.literal('all'), z.literal('none'), z.array(line(80)).min(1).max(1000)], {
      error: 'allowed: all, none, or a list of outbound registrations',
    })
    .default('all')
    .describe('Outbound registrations to renew: all, none, or a list of names. Default all.'),
  pace: duration({ maxMs: 60_000 })
    .default(100)
    .describe('Pause between two registrations, for the sake of the trunk. Default 100ms.'),
  settle: duration({ minMs: 100, maxMs: 60_000 })
    .default(1_000)
    .describe(
      'A registration that shows as registered for this long after its renewal, without an event, counts. Default 1s.',
    ),
})

export type AmiOptions = z.output<typeof keys>

export const options: z.ZodType<AmiOptions> = keys.superRefine((seen, context) => {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', message, path: [key] })
  if (seen.auth === 'plain' && !seen.tls)
    refuse('auth', 'allowed: md5, or plain with tls, because the secret would travel in the clear')
  if (seen.ca !== undefined && !seen.tls) refuse('ca', 'allowed: with tls')
  if (seen.resolver !== undefined && seen.externalName === undefined)
    refuse('resolver', 'allowed: with externalName')
  if (seen.channel === 'sip' && Array.isArray(seen.register))
    refuse('register', 'allowed: all or none, because chan_sip renews all of them at once')
})
