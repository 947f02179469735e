import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/ports.ts'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { route53 } from '../../../src/publishers/providers/route53.ts'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { realClock } from '../../support/provider-driver.ts'
import {
  createRoute53Server,
  FAKE_KEYS,
  type Route53Server,
  type Route53ServerOptions,
} from '../../support/route53-server.ts'
import { type SignaturePolicy, type SignedRequest, signatureFault } from '../../support/sigv4.ts'
import { seededRandom } from '../../support/virtual-time.ts'

const signal = new AbortController().signal
const TOKEN = 'FwoGZXIvYXdzEXAMPLEtoken//////////wEaDEXAMPLE=='
const HOUR_MS = 3_600_000

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(options?: Route53ServerOptions): Promise<Route53Server> {
  const server = await createRoute53Server(options)
  cleanups.push(() => server.close())
  return server
}

function providerOf(server: Route53Server, settings: Record<string, unknown> = {}) {
  const options = route53.options.parse({
    hostedZoneId: 'Z1',
    endpoint: server.endpoint,
    ...FAKE_KEYS,
    ...settings,
  })
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, realClock, realClock)
  const provider = route53.create(options, {
    clock: realClock,
    timers: realClock,
    random: seededRandom(1),
    logger: silentLogger,
    pace,
  })
  cleanups.push(() => provider.close())
  return provider
}

async function faultOf(server: Route53Server, settings?: Record<string, unknown>): Promise<ProviderError> {
  const error = await providerOf(server, settings)
    .open(signal)
    .then(() => undefined)
    .catch((thrown) => thrown)
  if (!(error instanceof ProviderError)) throw new Error('no ProviderError')
  return error
}

describe('a signature', () => {
  it('is accepted on every kind of call that the real SDK signs', async () => {
    const server = await serve()
    const provider = providerOf(server)
    await provider.open(signal)
    const set = {
      name: 'a b.voice.example.com.' as never,
      type: 'TXT' as const,
      ttl: 60,
      records: [{ type: 'TXT' as const, strings: ["it's (100%) \xe9*"] }],
    }
    const applied = await provider.apply([{ name: set.name, type: 'TXT', after: set }], signal)
    await provider.read({ origins: ['voice.example.com.' as never], names: [] }, signal)
    await provider.settled?.(applied, signal)
    expect(server.calls.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('by another secret is refused, and its error tells neither secret nor session token', async () => {
    const server = await serve({
      credentials: { ASIATEMP: { secretAccessKey: 'right', sessionToken: TOKEN } },
    })
    const wrong = { accessKeyId: 'ASIATEMP', secretAccessKey: 'wrong-secret', sessionToken: TOKEN }
    const error = await faultOf(server, wrong)
    expect(error).toMatchObject({ fault: 'credentials', apiCode: 'SignatureDoesNotMatch', retryable: false })
    expect(error.message).toContain('does not match the signature you provided')
    expect(error.message).not.toContain('Canonical String')
    expect(`${error.message} ${error.stack}`).not.toContain('wrong-secret')
    expect(`${error.message} ${error.stack}`).not.toContain(TOKEN.slice(0, 12))
    expect(server.calls[0]?.status).toBe(403)
  })

  it('by a key that nobody knows, or without its session token, is refused', async () => {
    const server = await serve({
      credentials: { ASIATEMP: { secretAccessKey: 'right', sessionToken: TOKEN } },
    })
    expect(await faultOf(server, { accessKeyId: 'AKIANOBODY' })).toMatchObject({
      fault: 'credentials',
      apiCode: 'InvalidClientTokenId',
    })
    expect(await faultOf(server, { accessKeyId: 'ASIATEMP', secretAccessKey: 'right' })).toMatchObject({
      fault: 'credentials',
      apiCode: 'InvalidClientTokenId',
    })
  })

  it('with an expired session token is refused; with a valid one it is not', async () => {
    const temporary = (expiresAtMs: number) => ({
      credentials: { ASIATEMP: { secretAccessKey: 'right', sessionToken: TOKEN, expiresAtMs } },
    })
    const keys = { accessKeyId: 'ASIATEMP', secretAccessKey: 'right', sessionToken: TOKEN }
    const expired = await serve(temporary(Date.now() - 1_000))
    expect(await faultOf(expired, keys)).toMatchObject({ fault: 'credentials', apiCode: 'ExpiredToken' })
    const valid = await serve(temporary(Date.now() + HOUR_MS))
    await expect(providerOf(valid, keys).open(signal)).resolves.toMatchObject({ origin: 'example.com.' })
  })

  it('for another region is refused', async () => {
    const server = await serve()
    expect(await faultOf(server, { region: 'eu-west-1' })).toMatchObject({
      fault: 'credentials',
      message: expect.stringContaining("region 'us-east-1'"),
    })
  })

  it.each([
    ['SignatureDoesNotMatch', -HOUR_MS, /our clock is 3[56]\d\d s ahead of Route53's/],
    ['RequestExpired', HOUR_MS, /our clock is 3[56]\d\d s behind Route53's/],
    ['InvalidSignatureException', HOUR_MS, /our clock is 3[56]\d\d s behind Route53's/],
  ] as const)(
    'that is too old or too early is told as a matter of clocks (%s)',
    async (skewCode, skewMs, says) => {
      const server = await serve({ skewCode, skewMs })
      const error = await faultOf(server)
      expect(error).toMatchObject({ fault: 'clock', apiCode: skewCode, uncertain: false })
      expect(error.message).toMatch(says)
    },
  )
})

describe('the check of signatures that the fake makes', () => {
  // "get-vanilla" and "get-vanilla-query-order-key-case" of AWS's own test suite.
  const policy: SignaturePolicy = {
    credential: (id) =>
      id === 'AKIDEXAMPLE' ? { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } : undefined,
    nowMs: Date.UTC(2015, 7, 30, 12, 36),
    service: 'service',
    region: 'us-east-1',
    skewCode: 'SignatureDoesNotMatch',
  }
  const request = (target: string, signature: string, rest: Partial<SignedRequest> = {}): SignedRequest => ({
    method: 'GET',
    target,
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    },
    body: '',
    ...rest,
  })
  const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
  const QUERY = 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'

  it('agrees with published signatures', () => {
    expect(signatureFault(request('/', VANILLA), policy)).toBeUndefined()
    expect(signatureFault(request('/?Param2=value2&Param1=value1', QUERY), policy)).toBeUndefined()
  })

  it('sees every part of a request that was changed after it was signed', () => {
    for (const changed of [
      request('/other', VANILLA),
      request('/?a=b', VANILLA),
      request('/', VANILLA, { method: 'POST' }),
      request('/', VANILLA, { body: 'x' }),
      request('/', QUERY),
    ])
      expect(signatureFault(changed, policy)).toMatchObject({ code: 'SignatureDoesNotMatch' })
  })

  it('knows requests without a signature, and with half of one', () => {
    const { authorization: _, ...headers } = request('/', VANILLA).headers
    expect(signatureFault(request('/', VANILLA, { headers }), policy)?.code).toBe(
      'MissingAuthenticationToken',
    )
    const half = { ...headers, authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x' }
    expect(signatureFault(request('/', VANILLA, { headers: half }), policy)?.code).toBe('IncompleteSignature')
  })
})
