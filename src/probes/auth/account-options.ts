import { z } from 'zod'
import { DIGEST_ALGORITHMS } from '../../wire/sip/digest-challenge.ts'
import type { Account } from './digest-auth.ts'

/** Printable, but for quotes and backslashes it may be anything: it is quoted on the wire. */
const TEXT = /^[^\p{Cc}]+$/u

/** The keys of an account that answers digest challenges; spread into a kind's options. */
export const accountShape = {
  password: z
    .string()
    .min(1)
    .max(256)
    .regex(TEXT, 'no control characters')
    .optional()
    .describe('Password for digest authentication. Keep it in the environment.'),
  authUser: z
    .string()
    .min(1)
    .max(128)
    .regex(TEXT, 'no control characters')
    .optional()
    .describe('User name for digest authentication. Default: user.'),
  realm: z
    .string()
    .min(1)
    .max(256)
    .regex(TEXT, 'no control characters')
    .optional()
    .describe('Answer challenges of this realm only. Default: of any.'),
  algorithms: z
    .array(z.enum(DIGEST_ALGORITHMS))
    .min(1)
    .default([...DIGEST_ALGORITHMS])
    .describe('Digest algorithms to answer with, of SHA-512-256, SHA-256 and MD5. Default all.'),
}

export interface AccountOptions {
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly authUser?: string | undefined
  readonly realm?: string | undefined
  readonly algorithms: readonly Account['algorithms'][number][]
}

/** undefined where no password is given: then challenges go unanswered. */
export function accountOf(options: AccountOptions): Account | undefined {
  const { user, password, authUser = user, realm, algorithms } = options
  if (password === undefined || authUser === undefined) return undefined
  return { username: authUser, password, algorithms, ...(realm === undefined ? {} : { realm }) }
}
