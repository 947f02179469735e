/** The server's side of AWS Signature Version 4: takes a request apart as it came over the wire, and says what is wrong with it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedRequest {
  readonly method: string
  /** As in the request line: path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface Credential {
  readonly secretAccessKey: string
  /** Temporary credentials: the request must carry it. */
  readonly sessionToken?: string
  /** Epoch milliseconds. */
  readonly expiresAtMs?: number
}

export interface SignatureFault {
  readonly status: number
  readonly code: string
  readonly message: string
}

export interface SignaturePolicy {
  credential(accessKeyId: string): Credential | undefined
  readonly nowMs: number
  readonly service: string
  readonly region: string
  /** By which code an old or early signature is refused: services of AWS differ. */
  readonly skewCode: 'SignatureDoesNotMatch' | 'RequestExpired' | 'InvalidSignatureException'
}

const SKEW_MINUTES = 5
const ALGORITHM = 'AWS4-HMAC-SHA256'
const NO_MATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/** Undefined where the request is signed as it must be. */
export function signatureFault(request: SignedRequest, policy: SignaturePolicy): SignatureFault | undefined {
  const header = one(request.headers.authorization)
  if (header === '')
    return { status: 403, code: 'MissingAuthenticationToken', message: 'Missing Authentication Token' }
  const parts = partsOf(header)
  const stamp = one(request.headers['x-amz-date'])
  const signedMs = timeOf(stamp)
  if (parts === undefined || signedMs === undefined)
    return { status: 400, code: 'IncompleteSignature', message: 'The request signature is not complete.' }
  const [accessKeyId = '', date, region, service, end] = parts.credential.split('/')
  const known = policy.credential(accessKeyId)
  const token = one(request.headers['x-amz-security-token'])
  if (known === undefined || token !== (known.sessionToken ?? ''))
    return refused('InvalidClientTokenId', 'The security token included in the request is invalid.')
  const late = skewMessage(stamp, signedMs, policy.nowMs)
  if (late !== undefined)
    return { status: policy.skewCode === 'RequestExpired' ? 400 : 403, code: policy.skewCode, message: late }
  if (known.expiresAtMs !== undefined && policy.nowMs >= known.expiresAtMs)
    return refused('ExpiredToken', 'The security token included in the request is expired')
  if (date !== stamp.slice(0, 8) || end !== 'aws4_request')
    return refused('SignatureDoesNotMatch', `Date in Credential scope does not match YYYYMMDD: ${date}`)
  if (region !== policy.region || service !== policy.service)
    return refused(
      'SignatureDoesNotMatch',
      `Credential should be scoped to region '${policy.region}' and service '${policy.service}'.`,
    )
  const canonical = canonicalRequest(request, parts.signedHeaders)
  const text = [ALGORITHM, stamp, `${date}/${region}/${service}/${end}`, sha256(canonical)].join('\n')
  const wanted = hmac(signingKey(known.secretAccessKey, date, region, service), text)
  const given = Buffer.from(parts.signature, 'hex')
  const mustSign = ['host', 'x-amz-date', ...(token === '' ? [] : ['x-amz-security-token'])]
  const covers = mustSign.every((name) => parts.signedHeaders.includes(name))
  if (covers && given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined
  return refused(
    'SignatureDoesNotMatch',
    `${NO_MATCH}\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${text}'\n`,
  )
}

function refused(code: string, message: string): SignatureFault {
  return { status: 403, code, message }
}

function partsOf(
  header: string,
): { credential: string; signedHeaders: readonly string[]; signature: string } | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  const [, credential, headers, signature] = match ?? []
  if (credential === undefined || headers === undefined || signature === undefined) return undefined
  return { credential, signedHeaders: headers.split(';'), signature }
}

function timeOf(stamp: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? []
  if (s === undefined) return undefined
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
}

/** In the words of AWS. */
function skewMessage(stamp: string, signedMs: number, nowMs: number): string | undefined {
  const spanMs = SKEW_MINUTES * 60_000
  const at = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
  if (nowMs - signedMs > spanMs)
    return `Signature expired: ${stamp} is now earlier than ${at(nowMs - spanMs)} (${at(nowMs)} - ${SKEW_MINUTES} min.)`
  if (signedMs - nowMs > spanMs)
    return `Signature not yet current: ${stamp} is still later than ${at(nowMs + spanMs)} (${at(nowMs)} + ${SKEW_MINUTES} min.)`
  return undefined
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = request.target.split(/\?(.*)/s)
  const headers = signedHeaders.map(
    (name) => `${name}:${one(request.headers[name]).trim().replace(/ +/g, ' ')}\n`,
  )
  return [
    request.method,
    // Every service but S3 encodes the path as it was sent once more.
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`
    })
    .sort()
    .join('&')
}

/** RFC 3986 section 2.3: only unreserved characters stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const KEYS = new Map<string, Buffer>()

/** Four rounds for a key that holds for a day: kept, so that a call costs two digests. */
function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  const id = JSON.stringify([secret, date, region, service])
  const kept = KEYS.get(id)
  if (kept !== undefined) return kept
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, date))
  if (KEYS.size >= 100) KEYS.clear()
  KEYS.set(id, key)
  return key
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function one(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : (header?.join(',') ?? '')
}
