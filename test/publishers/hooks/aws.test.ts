import { afterEach, describe, expect, it } from 'vitest'
import { signedHeaders } from '../../../src/publishers/hooks/aws/sigv4.ts'
import { parseXml, textAt } from '../../../src/publishers/hooks/aws/xml.ts'
import { awsElasticIp } from '../../../src/publishers/hooks/aws-elastic-ip.ts'
import { awsRoute } from '../../../src/publishers/hooks/aws-route.ts'
import { createEc2Server, EC2_KEYS, type Ec2Server, type Ec2World } from '../../support/ec2-server.ts'
import { type DriveOptions, DSL, decision, driveHook, LTE } from '../../support/hook-driver.ts'
import { realTime } from '../../support/sip-real-time.ts'

const DSL_ENI = 'eni-0123456789abcdef0'
const LTE_ENI = 'eni-0123456789abcdef1'
const ROUTE = '203.0.113.10/32'
const EIP = 'eipalloc-0123456789abcdef0'

let ec2: Ec2Server | undefined
afterEach(async () => {
  await ec2?.close()
  ec2 = undefined
})

async function set(
  kind: 'route' | 'address',
  more: Partial<Ec2World> = {},
  options: object = {},
  drive: DriveOptions = {},
) {
  ec2 = await createEc2Server({
    routes: new Map([[ROUTE, DSL_ENI]]),
    addresses: new Map([[EIP, DSL_ENI]]),
    ...more,
  })
  const common = {
    region: 'eu-central-1',
    endpoint: ec2.url,
    holders: { dsl: DSL_ENI, lte: LTE_ENI },
    ...EC2_KEYS,
    ...options,
  }
  const driven =
    kind === 'route'
      ? driveHook(awsRoute, { ...common, routeTable: 'rtb-01234567', destination: ROUTE }, drive)
      : driveHook(awsElasticIp, { ...common, allocation: EIP }, drive)
  return { ec2, ...driven }
}

describe.each([
  ['route', (world: Ec2World) => world.routes.get(ROUTE), 'DescribeRouteTables', 'ReplaceRoute'],
  ['address', (world: Ec2World) => world.addresses.get(EIP), 'DescribeAddresses', 'AssociateAddress'],
] as const)('the %s at AWS', (kind, holder, read, write) => {
  it('is moved to the live instance, and the move is verified', async () => {
    const { run, ec2 } = await set(kind)
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(holder(ec2.world)).toBe(LTE_ENI)
    expect(ec2.actions()).toEqual([read, write, read])
    expect(steps.at(-1)).toBe('verified')
  })

  it('is left where it is when it is there already: the same event twice writes once', async () => {
    const { run, ec2 } = await set(kind)
    await run(decision(LTE))
    expect((await run(decision(LTE))).steps).toMatchObject([expect.stringContaining('already')])
    expect(ec2.actions().filter((action) => action === write)).toHaveLength(1)
  })

  it('stays with a holder that is still among the live ones, and where nobody is better', async () => {
    const { run, ec2 } = await set(kind)
    expect((await run(decision({ ...LTE, ...DSL }))).error).toBeUndefined()
    expect((await run(decision(LTE, { mode: 'last-resort' }))).error).toBeUndefined()
    expect((await run(decision(LTE, { mode: 'frozen' }))).error).toBeUndefined()
    expect(ec2.actions()).toEqual([read])
  })

  it('is not moved in a dry run, nor by a test', async () => {
    const { run, check, ec2 } = await set(kind, {}, {}, { dryRun: true })
    expect((await run(decision(LTE))).steps[0]).toContain(`would move`)
    expect((await check()).value).toMatchObject([
      { result: 'pass', text: expect.stringContaining('that is dsl') },
    ])
    expect(ec2.actions()).toEqual([read, read])
  })

  it('that was moved and does not show it is told of, and may be tried again', async () => {
    const { run } = await set(kind, { lazy: true }, {}, { timeoutMs: 1_500 })
    expect((await run(decision(LTE))).error).toMatchObject({ retryable: true })
  })

  it.each([
    ['UnauthorizedOperation', 403, 'hook-credentials', false],
    ['AuthFailure', 401, 'hook-credentials', false],
    ['RequestLimitExceeded', 503, 'hook-throttled', true],
    ['InternalError', 500, 'hook-failed', true],
    ['InvalidParameterValue', 400, 'hook-refused', false],
  ])('refused with %s (%i) is %s', async (code, status, expected, retryable) => {
    const { run } = await set(kind, { failing: { [write]: { status, code } } })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: expected, retryable })
    expect(error?.message).toContain(code)
    expect(error?.message).not.toContain(EC2_KEYS.secretAccessKey)
  })

  it('with a wrong key is a matter of credentials', async () => {
    const { run } = await set(kind, {}, { secretAccessKey: 'another-secret-key' })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-credentials' })
  })
})

it('a route is never created: it must be there', async () => {
  const { run } = await set('route', { routes: new Map() })
  expect((await run(decision(LTE))).error?.message).toContain('create it once, by hand')
})

it('instances may be holders, too, though EC2 tells their interfaces first', async () => {
  const { run, ec2 } = await set(
    'route',
    {},
    { holders: { dsl: 'i-0123456789abcdef0', lte: 'i-0123456789abcdef1' } },
  )
  expect((await run(decision(LTE))).error).toBeUndefined()
  expect(ec2.world.routes.get(ROUTE)).toBe('i-0123456789abcdef1')
  expect((await run(decision(LTE))).steps[0]).toContain('already')
})

it('a signature has the time of day, though our own clock counts from a start at which the host did not know it', async () => {
  const time = { ...realTime, nowMs: () => realTime.nowMs() - 86_400_000 }
  const { run, ec2 } = await set('route', {}, {}, { time })
  expect((await run(decision(LTE))).error).toBeUndefined()
  const stamp = String(ec2.requests[0]?.headers['x-amz-date'])
  const signedMs = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  expect(Math.abs(signedMs - Date.now())).toBeLessThan(60_000)
})

it('a signature is the one of AWS (its documented example)', () => {
  const { authorization } = signedHeaders(
    {
      method: 'GET',
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: '',
      region: 'us-east-1',
      service: 'iam',
      nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
    },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  )
  expect(authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  )
})

describe('XML of the EC2 API', () => {
  it('is read with its entities', () => {
    const root = parseXml('<?xml version="1.0"?><!-- x --><a x="1"><b>1 &lt; 2 &amp; &#65;</b><c/></a>')
    expect(root === undefined ? undefined : textAt(root, 'b')).toBe('1 < 2 & A')
  })

  it.each([
    ['<a><b></a>'],
    ['<a>'],
    ['<a/><b/>'],
    [''],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['<a>'.repeat(60) + '</a>'.repeat(60)],
    ['<'.repeat(100_000)],
    [`<a ${'x="1" '.repeat(50_000)}`],
  ])('that is none is refused: %#', (text) => {
    expect(parseXml(text)).toBeUndefined()
  })
})
