import { z } from 'zod'
import { duration } from '../../../core/schemas.ts'

const HOSTED_ZONE = 'allowed: the id of a hosted zone, like Z0123456789ABCDEFGHIJ'
const URL_ALLOWED = 'allowed: an https URL, or http on loopback'
/** A session token travels in a header: never in the clear over a network. */
const SAFE_URL = /^(?:https:\/\/[^\s@]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/][^\s@]*)?)$/

function text(what: string): z.ZodString {
  const error = `allowed: ${what}`
  return z.string({ error }).min(1, { error }).max(4096, { error })
}

export const options = z
  .strictObject({
    hostedZoneId: z
      .string({ error: HOSTED_ZONE })
      .regex(/^(?:\/hostedzone\/)?[A-Z0-9]{1,32}$/, { error: HOSTED_ZONE })
      .describe('Id of the hosted zone, public or private.'),
    region: z
      .string({ error: 'allowed: the name of a region' })
      .regex(/^[a-z0-9-]{1,32}$/, { error: 'allowed: the name of a region, like us-east-1' })
      .default('us-east-1')
      .describe('Region to sign for; Route53 is one for all regions of a partition. Default us-east-1.'),
    mode: z
      .enum(['plain', 'weighted'])
      .default('plain')
      .describe(
        'weighted: where an answer carries one target at a time, each target is a weighted set of its own (SetIdentifier). Default plain: all of them in one set.',
      ),
    profile: text('the name of a profile')
      .optional()
      .describe(
        "Profile of the AWS configuration files; a role_arn there is assumed. Absent: the SDK's own chain (environment, web identity, container, instance).",
      ),
    accessKeyId: text('an access key id').optional().describe('Access key; together with secretAccessKey.'),
    secretAccessKey: text('a secret access key').optional().describe('Its secret.'),
    sessionToken: text('a session token').optional().describe('Session token of temporary credentials.'),
    callsPerSecond: z
      .number({ error: 'allowed: a number from 0.1 to 100' })
      .min(0.1, { error: 'allowed: a number from 0.1 to 100' })
      .max(100, { error: 'allowed: a number from 0.1 to 100' })
      .default(5)
      .describe('API calls a second that the account may make, all its users together. Default 5.'),
    timeout: duration({ minMs: 100, maxMs: 120_000 })
      .optional()
      .describe('How long one call may take. Default 10s.'),
    endpoint: z
      .string({ error: URL_ALLOWED })
      .regex(SAFE_URL, { error: URL_ALLOWED })
      .optional()
      .describe('URL of the API instead of the one of AWS; for tests.'),
  })
  .refine((given) => (given.accessKeyId === undefined) === (given.secretAccessKey === undefined), {
    error: 'allowed: accessKeyId and secretAccessKey together, or neither',
  })
  .refine((given) => given.sessionToken === undefined || given.accessKeyId !== undefined, {
    error: 'allowed: sessionToken only with accessKeyId and secretAccessKey',
  })

export type Route53Options = z.output<typeof options>

export const DEFAULT_TIMEOUT_MS = 10_000
