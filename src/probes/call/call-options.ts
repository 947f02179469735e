import { z } from 'zod'
import { accountShape } from '../auth/account-options.ts'
import { HOST_OR_ADDRESS, SIP_URI, sipEndpointShape, USER_PART } from '../sip-endpoint.ts'

/** The keys of whom to call and as whom; spread into the options of kinds that make calls. */
export const callShape = {
  ...sipEndpointShape,
  extension: z
    .string()
    .min(1)
    .max(100)
    .regex(USER_PART, 'not the user part of a SIP URI')
    .describe('Whom to call: the user part of the Request-URI.'),
  domain: z
    .string()
    .max(253)
    .regex(HOST_OR_ADDRESS, 'not a host name or address')
    .optional()
    .describe(
      "Host part of the Request-URI, where the server routes by domain. Default the target's address.",
    ),
  from: z
    .string()
    .max(200)
    .regex(SIP_URI, 'not a SIP URI, like sip:monitor@example.com')
    .optional()
    .describe('URI of the From header. Default sip:<user>@<domain>, or sip:monitor@<our address>.'),
  user: z
    .string()
    .max(100)
    .regex(USER_PART, 'not the user part of a SIP URI')
    .optional()
    .describe('Account to call as.'),
  ...accountShape,
}

export interface AccountKeys {
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly authUser?: string | undefined
}

/** A password belongs to somebody. */
export function accountIsWhole({ user, password, authUser }: AccountKeys): boolean {
  return password === undefined || user !== undefined || authUser !== undefined
}

export const ACCOUNT_ERROR = { error: 'a password needs a user', path: ['user'] }
