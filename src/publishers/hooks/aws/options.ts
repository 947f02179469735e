import { z } from 'zod'
import { apiUrl } from '../http/url.ts'

const HOLDER = 'allowed: an interface (eni-…) or an instance (i-…)'

/** The keys of everything at EC2. */
export const ec2Shape = {
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/, { error: 'allowed: a region, like eu-central-1' })
    .describe('Region, like eu-central-1.'),
  holders: z
    .record(z.string(), z.string({ error: HOLDER }).regex(/^(?:eni|i)-[0-9a-f]{8,32}$/, { error: HOLDER }))
    .describe('For each target of the pool its network interface (eni-…) or instance (i-…).'),
  profile: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Profile of the AWS configuration files. Absent: the SDK's own chain."),
  accessKeyId: z
    .string()
    .regex(/^[A-Z0-9]{16,128}$/, { error: 'allowed: an access key id, like AKIA…' })
    .optional()
    .describe('Access key instead of a profile.'),
  secretAccessKey: z.string().min(1).max(500).optional().describe('Its secret.'),
  sessionToken: z.string().min(1).max(10_000).optional().describe('With temporary keys.'),
  endpoint: apiUrl().optional().describe('Where the API is, for tests. Default AWS.'),
}

export type Ec2Options = z.output<z.ZodObject<typeof ec2Shape>>

export function checkKeys(
  { accessKeyId, secretAccessKey, sessionToken, profile }: Ec2Options,
  context: z.RefinementCtx,
): void {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', message, path: [key] })
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    refuse(accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey', 'allowed: id and secret together')
  if (sessionToken !== undefined && accessKeyId === undefined)
    refuse('sessionToken', 'allowed: with an access key')
  if (profile !== undefined && accessKeyId !== undefined) refuse('profile', 'allowed: without an access key')
}

export function secretsOf({ secretAccessKey, sessionToken }: Ec2Options): string[] {
  return [secretAccessKey, sessionToken].filter((secret) => secret !== undefined)
}
