import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../../src/publishers/providers/definition.ts'
import { BATCH_LIMITS, culpritsOf } from '../../../../src/publishers/providers/route53/batches.ts'
import { faultOf } from '../../../../src/publishers/providers/route53/faults.ts'
import { fromApi } from '../../../../src/publishers/providers/route53/record-sets.ts'
import { currentOf } from '../../reconcile/support.ts'

type ApiSet = Parameters<typeof fromApi>[0]

const SECRET = 'a-session-token/of+some=length'
const told = (status: number | undefined, more: object = {}, changes = true) =>
  faultOf(
    Object.assign(new Error(`you sent ${SECRET}`), {
      ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
      ...more,
    }),
    { doing: 'changing records', changes, nowMs: 0, secrets: [SECRET] },
  )

describe('an error of Route53', () => {
  it.each([
    [500, {}, 'failed', true],
    [503, { name: 'Throttling' }, 'throttled', false],
    [429, {}, 'throttled', false],
    [400, { name: 'InvalidInput' }, 'refused', false],
    [400, { name: 'PriorRequestNotComplete' }, 'busy', false],
    [undefined, { code: 'ECONNRESET' }, 'unreachable', true],
    [undefined, { code: 'ECONNREFUSED' }, 'unreachable', false],
    [undefined, { name: 'TimeoutError' }, 'timeout', true],
    [undefined, { name: 'CredentialsProviderError' }, 'credentials', false],
    [200, { name: 'SyntaxError' }, 'protocol', true],
  ] as const)('HTTP %s %j is %s; the change may have been made: %s', (status, more, fault, uncertain) => {
    expect(told(status, more)).toMatchObject({ fault, uncertain })
    expect(told(status, more, false).uncertain).toBe(false)
  })

  it('never quotes a secret that the API quotes', () => {
    for (const name of ['InvalidInput', 'ExpiredToken', 'InternalFailure'])
      expect(told(400, { name }).message).not.toContain(SECRET)
  })
})

describe('the culprits of a refused batch', () => {
  it('are the names that are quoted whole, not those that such a name ends with', () => {
    const batch: Batch = currentOf('@ IN A 192.0.2.1\nsip1 IN A 192.0.2.2').map((after) => ({
      name: after.name,
      type: after.type,
      after,
    }))
    const about = (name: string) => culpritsOf(batch, [`[Tried to create [name='${name}', type='A']]`])
    expect(about('sip1.voice.example.com.')).toEqual([1])
    expect(about('voice.example.com.')).toEqual([0])
    expect(about('example.com.')).toEqual([])
  })
})

describe('the limits of a request', () => {
  it('are those of the API', () => {
    expect(BATCH_LIMITS.map(({ unit, max }) => [unit, max])).toEqual([
      ['records', 1_000],
      ['characters', 32_000],
    ])
  })
})

describe('a set that is more than its records', () => {
  const plain = {
    Name: 'sip1.voice.example.com.',
    Type: 'A',
    TTL: 60,
    ResourceRecords: [{ Value: '192.0.2.1' }],
  } satisfies ApiSet
  it.each([
    [{ AliasTarget: { HostedZoneId: 'Z', DNSName: 'x.', EvaluateTargetHealth: false } }, 'an alias'],
    [{ TrafficPolicyInstanceId: 'x' }, 'part of a traffic policy'],
    [{ HealthCheckId: 'x' }, 'a set with a health check of Route53'],
    [{ SetIdentifier: 'x', Weight: 1, HealthCheckId: 'x' }, 'a set with a health check of Route53'],
    [{ SetIdentifier: 'x', Region: 'eu-west-1' }, 'routing of its own'],
    [{ ResourceRecords: [{ Value: 'no address' }] }, 'a set that cannot be read'],
    [{ Type: 'TXT', ResourceRecords: [{ Value: '"never ends' }] }, 'a set that cannot be read'],
  ] as const)('%j is never ours to change', (more, opaque) => {
    expect(fromApi({ ...plain, ...more } as unknown as ApiSet)?.opaque).toContain(opaque)
  })

  it('is told from one that is not, weighted or plain', () => {
    expect(fromApi(plain)?.opaque).toBeUndefined()
    expect(fromApi({ ...plain, SetIdentifier: 'x', Weight: 0 })?.opaque).toBeUndefined()
  })
})
