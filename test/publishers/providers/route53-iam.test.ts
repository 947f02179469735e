import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { providerDefinitions } from '../../../src/publishers/providers/registry.ts'
import { Driver, wantedOf } from '../../support/provider-driver.ts'
import { route53Fixture } from '../../support/route53-fixture.ts'
import {
  type ApiCall,
  createRoute53Server,
  FAKE_KEYS,
  type Route53Server,
} from '../../support/route53-server.ts'

interface Statement {
  readonly Effect: 'Allow'
  readonly Action: string | readonly string[]
  readonly Resource: string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

const ZONE = 'Z0123456789ABCDEFGHIJ'
const ORIGIN = 'voice.example.com.'
const KEY = 'route53:ChangeResourceRecordSets'

/** `*` stands for any characters, as in IAM's StringLike. */
function like(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

/** Why no statement allows the call; undefined where one does. */
function denied(policy: readonly Statement[], call: ApiCall, resource: string): string | undefined {
  for (const { Action, Resource, Condition } of policy) {
    if (![Action].flat().includes(call.operation) || !like(resource, Resource)) continue
    const values: Readonly<Record<string, readonly string[]>> = {
      [`${KEY}NormalizedRecordNames`]: call.changes.map(({ set }) =>
        set.name.toLowerCase().replace(/\.$/, ''),
      ),
      [`${KEY}RecordTypes`]: call.changes.map(({ set }) => set.type),
      [`${KEY}Actions`]: call.changes.map(({ action }) => action),
    }
    for (const [operator, keys] of Object.entries(Condition ?? {})) {
      for (const [key, allowed] of Object.entries(keys)) {
        const matches = (value: string) =>
          allowed.some((one) => (operator.endsWith('StringLike') ? like(value, one) : one === value))
        const stray = values[key]?.find((value) => !matches(value))
        if (stray !== undefined) return `${key} ${stray}`
      }
    }
    return undefined
  }
  return `${call.operation} on ${resource}`
}

function resourceOf({ operation }: ApiCall): string {
  return operation === 'route53:GetChange'
    ? 'arn:aws:route53:::change/C1'
    : `arn:aws:route53:::hostedzone/${ZONE}`
}

describe('the IAM policy in docs/updaters.md', async () => {
  const text = await readFile('docs/updaters.md', 'utf8')
  const policy = (JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '{}') as { Statement: Statement[] })
    .Statement
  let server: Route53Server
  beforeAll(async () => {
    server = await createRoute53Server({ zones: [{ id: ZONE, name: 'example.com' }] })
    const definition = providerDefinitions.get(route53Fixture.kind)
    if (definition === undefined) throw new Error('no route53')
    const options = {
      hostedZoneId: ZONE,
      endpoint: server.endpoint,
      ...FAKE_KEYS,
      mode: 'weighted',
    }
    const driver = new Driver(definition, { options })
    const all =
      '@ IN A 192.0.2.1\n@ IN AAAA 2001:db8::1\n_sip._udp IN SRV 1 1 5060 sip1\n@ IN NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp\n*.x IN A 192.0.2.1'
    for (const wanted of [all, all.replaceAll('192.0.2.1', '192.0.2.2'), ''])
      await driver.converge(wantedOf(wanted, ORIGIN))
    await driver.provider.settled?.({ sets: [], reference: 'C1' }, driver.signal)
    await driver.provider.close()
  })
  afterAll(() => server.close())

  it('allows every call that is made', () => {
    expect(server.calls.length).toBeGreaterThan(5)
    expect(
      server.calls.map((call) => denied(policy, call, resourceOf(call))).filter((why) => why !== undefined),
    ).toEqual([])
  })

  it('allows nothing that is not needed: no action, type or verb without a call', () => {
    const actions = new Set(policy.flatMap(({ Action }) => [Action].flat()))
    expect([...actions].sort()).toEqual([...new Set(server.calls.map(({ operation }) => operation))].sort())
    const changes = server.calls.flatMap((call) => call.changes)
    const conditions = Object.assign({}, ...policy.flatMap(({ Condition }) => Object.values(Condition ?? {})))
    expect([...conditions[`${KEY}RecordTypes`]].sort()).toEqual(
      [...new Set(changes.map(({ set }) => set.type))].sort(),
    )
    expect([...conditions[`${KEY}Actions`]].sort()).toEqual(
      [...new Set(changes.map(({ action }) => action))].sort(),
    )
  })

  it('would deny another name, another type, UPSERT, and another zone', () => {
    const call = (set: object, action = 'CREATE'): ApiCall => ({
      operation: 'route53:ChangeResourceRecordSets',
      atMs: 0,
      accessKeyId: '',
      changes: [{ action, set: { name: 'sip1.voice.example.com.', type: 'A', values: [], ...set } }],
      status: 0,
    })
    const zone = `arn:aws:route53:::hostedzone/${ZONE}`
    expect(denied(policy, call({}), zone)).toBeUndefined()
    expect(denied(policy, call({ name: 'www.example.com.' }), zone)).toContain('www.example.com')
    expect(denied(policy, call({ type: 'MX' }), zone)).toContain('MX')
    expect(denied(policy, call({}, 'UPSERT'), zone)).toContain('UPSERT')
    expect(denied(policy, call({}), 'arn:aws:route53:::hostedzone/Z9')).toContain('Z9')
  })
})
