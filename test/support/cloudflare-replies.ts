/**
 * What Cloudflare's v4 API says, word for word where public reports quote it. The sources: its API reference and DNS
 * documentation for limits, and error bodies quoted in the trackers of ddns-go, external-dns and Terraform's provider.
 * The body for an oversized batch is not quoted anywhere: ours is an assumption, and nothing may depend on its code.
 */
export interface ApiFault {
  readonly status: number
  readonly code: number
  readonly message: string
  /** As some endpoints still answer: an outer code, the telling one inside `error_chain`. */
  readonly chained?: boolean
}

const fault = (status: number, code: number, message: string): ApiFault => ({ status, code, message })

export const FAULTS = {
  invalidToken: fault(401, 1000, 'Invalid API Token'),
  malformedToken: {
    status: 400,
    code: 6111,
    message: 'Invalid format for Authorization header',
    chained: true,
  },
  authentication: fault(403, 10000, 'Authentication error'),
  accessToken: fault(403, 9109, 'Invalid access token'),
  unauthorizedResource: fault(403, 9109, 'Unauthorized to access requested resource'),
  noRoute: fault(
    404,
    7003,
    'Could not route to this path, perhaps your object identifier is invalid? [code: 7003]',
  ),
  throttled: fault(429, 971, 'Please wait and consider throttling your request speed'),
  recordMissing: fault(404, 81044, 'Record does not exist.'),
  quota: fault(400, 81045, 'Record quota exceeded.'),
  addressConflict: fault(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.'),
  aliasConflict: fault(400, 81054, 'A CNAME record with that host already exists.'),
  delegationConflict: fault(400, 81056, 'NS records with that host already exist.'),
  identical: fault(400, 81058, 'An identical record already exists.'),
  internal: fault(500, 10013, 'An unknown error has occurred.'),
  badBody: fault(400, 9207, 'Request body is invalid.'),
} as const satisfies Record<string, ApiFault>

export const ttlFault = (floor: number): ApiFault => ({
  status: 400,
  code: 9021,
  message: `TTL must be between ${floor} and 86400 seconds, or 1 for Automatic.`,
  chained: true,
})

export const commentFault = (max: number): ApiFault =>
  fault(400, 9313, `DNS record comment exceeds the maximum length of ${max} characters.`)

export const tagsFault = (count: number, quota: number): ApiFault => ({
  status: 400,
  code: 9300,
  message: `DNS record has ${count} tags, exceeding the quota of ${quota}.`,
  chained: true,
})

export const contentFault = (what: string): ApiFault => fault(400, 9005, `Content for ${what}`)

export const batchSizeFault = (max: number): ApiFault =>
  fault(400, 9424, `Batch size exceeds the maximum of ${max} changes.`)

/** The envelope of an error. */
export function errorBody(one: ApiFault): unknown {
  const outer = one.code === 6111 ? [6003, 'Invalid request headers'] : [1004, 'DNS Validation Error']
  const errors =
    one.chained === true
      ? [
          {
            code: outer[0],
            message: outer[1],
            error_chain: [{ code: one.code, message: one.message }],
          },
        ]
      : [{ code: one.code, message: one.message }]
  return { result: null, success: false, errors, messages: [] }
}

/** The envelope of a success. */
export function resultBody(result: unknown, info?: unknown): unknown {
  return {
    result,
    success: true,
    errors: [],
    messages: [],
    ...(info === undefined ? {} : { result_info: info }),
  }
}

/** Thrown inside the fake where the API would refuse. */
export class Refusal extends Error {
  readonly fault: ApiFault

  constructor(one: ApiFault) {
    super(one.message)
    this.fault = one
  }
}
