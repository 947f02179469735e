import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from '../support/command.ts'
import { createRoute53Server, FAKE_KEYS, type Route53Server } from '../support/route53-server.ts'
import { silence, status } from '../support/sip-behaviours.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'

const SECRET = FAKE_KEYS.secretAccessKey

let place: Workplace
let api: Route53Server
let servers: SipServer[]

beforeEach(async () => {
  place = await workplace()
  api = await createRoute53Server()
  servers = [
    await createSipServer({ transport: 'udp' }),
    await createSipServer({ transport: 'udp', address: '127.0.0.2' }),
  ]
  await place.write('sipvane.yaml', config())
})
afterEach(async () => {
  await place.close()
  await api.close()
  for (const server of servers) await server.close()
})

function config(provider = '', pool = ''): string {
  const [first, second] = servers
  return `
node: ns1
state: .
probes:
  options: { type: sip-options, interval: 200ms, fall: 2 }
pools:
  edge:
    policy: failover
    probes: [options]${pool}
    targets:
      sip1: { address: 127.0.0.1, port: ${first?.port}, priority: 10 }
      sip2: { address: 127.0.0.2, port: ${second?.port}, priority: 20 }
zones:
  voice.example.com:
    publish: [aws]
    answers:
      - { name: "@", type: A, pool: edge }
providers:
  aws:
    type: route53
    hostedZoneId: Z1
    endpoint: ${api.endpoint}
    accessKeyId: AKIAEXAMPLE
    secretAccessKey: ${SECRET}${provider}
`
}

const apex = () => api.zone().find('voice.example.com', 'A')?.values
const run = (...args: string[]) => place.run([...args, '-c', 'sipvane.yaml'])

describe('sipvane plan', () => {
  it('says what would change and exits 3; once applied there is nothing, and it exits 0', async () => {
    const planned = await run('plan')
    expect(planned).toMatchObject({ code: 3, stderr: '' })
    expect(planned.stdout).toBe(
      [
        'aws (route53, example.com., owner ns1): would make 1 create, 0 updates, 0 deletes',
        '  + voice.example.com. 30 A 127.0.0.1',
        '      is not there',
        '  and 1 mark of ownership',
        '',
      ].join('\n'),
    )
    expect(api.zone().sets).toHaveLength(2)
    expect((await run('apply')).code).toBe(0)
    expect(await run('plan')).toMatchObject({
      code: 0,
      stdout: 'aws (route53, example.com., owner ns1): nothing to do, 1 record sets are as they shall be\n',
    })
  })

  it('gives the same as JSON', async () => {
    const { code, stdout } = await run('plan', '--json')
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject([
      {
        provider: 'aws',
        kind: 'route53',
        owner: 'ns1',
        zone: 'example.com.',
        owned: 0,
        wanted: 1,
        made: 0,
        changes: [
          {
            kind: 'create',
            name: 'voice.example.com.',
            type: 'A',
            after: { ttl: 30, records: ['127.0.0.1'] },
            why: 'is not there',
            urgency: 'urgent',
            mark: false,
          },
          { mark: true },
        ],
        refusals: [],
      },
    ])
  })

  it('leaves what nobody marked alone, unless told to adopt', async () => {
    api.zone().put({ name: 'voice.example.com', type: 'A', ttl: 300, values: ['192.0.2.1'] })
    const careful = await run('plan')
    expect(careful.code).toBe(0)
    expect(careful.stdout).toContain('  ! voice.example.com. A is there and nobody marked it')
    const adopting = await run('plan', '--adopt')
    expect(adopting.code).toBe(3)
    expect(adopting.stdout).toContain('  ~ voice.example.com. 300 A 192.0.2.1 -> 30 A 127.0.0.1')
    expect(adopting.stdout).toContain('adopted, without 192.0.2.1, with 127.0.0.1, TTL 300 becomes 30')
  })

  it('exits 1 when a provider cannot be read, and shows no secret', async () => {
    api.inject('denied')
    const { code, stdout, stderr } = await run('plan')
    expect(code).toBe(1)
    expect(stdout).toContain('! provider-scope: Route53, looking the hosted zone up: AccessDenied')
    expect(stdout + stderr).not.toContain(SECRET)
  })

  it('exits 2 where there is nothing to plan', async () => {
    await place.write('sipvane.yaml', 'pools: {}')
    expect((await run('plan')).code).toBe(2)
    expect((await run('apply')).code).toBe(2)
  })
})

describe('sipvane apply', () => {
  it('asks every target first: what is dead is not published', async () => {
    servers[0]?.behave(status(503))
    const { code, stdout } = await run('apply')
    expect(code).toBe(0)
    expect(stdout).toContain('made 1 create')
    expect(apex()).toEqual(['127.0.0.2'])
  })

  it('is a cron job: the second run changes nothing, the one after a death does', async () => {
    expect((await run('apply')).code).toBe(0)
    expect(apex()).toEqual(['127.0.0.1'])
    const calls = api.calls.filter(({ operation }) => operation === 'route53:ChangeResourceRecordSets').length
    expect((await run('apply')).stdout).toContain('nothing to do')
    servers[0]?.behave(status(503))
    expect((await run('apply')).code).toBe(0)
    expect(apex()).toEqual(['127.0.0.2'])
    const after = api.calls.filter(({ operation }) => operation === 'route53:ChangeResourceRecordSets').length
    expect(after).toBe(calls + 1)
  })

  it('changes nothing when nothing answers, and exits 1', async () => {
    for (const server of servers) server.behave(silence)
    const { code, stderr } = await run('apply')
    expect(code).toBe(1)
    expect(stderr).toContain('nothing answers: our own network is the likely fault; nothing is changed')
    expect(api.calls).toEqual([])
  })

  it('tries again over throttling and errors', async () => {
    api.inject('throttle')
    api.inject('error', 'route53:ChangeResourceRecordSets')
    api.inject('lost', 'route53:ChangeResourceRecordSets')
    expect((await run('apply')).code).toBe(0)
    expect(apex()).toEqual(['127.0.0.1'])
  })

  it('changes nothing in a dry run, and exits 3', async () => {
    expect((await run('apply', '--dry-run')).code).toBe(3)
    await place.write('sipvane.yaml', config('\n    dryRun: true'))
    expect((await run('apply')).code).toBe(3)
    expect(api.zone().sets).toHaveLength(2)
  })

  it('holds what maxChange does not allow, says the numbers, and exits 1 unless forced', async () => {
    expect((await run('apply')).code).toBe(0)
    servers[0]?.behave(status(503))
    await place.write('sipvane.yaml', config('\n    maxChange: 0'))
    const held = await run('apply')
    expect(held.code).toBe(1)
    expect(held.stdout).toContain('! held back: 1 of 1 record sets would change; maxChange allows 0')
    expect(apex()).toEqual(['127.0.0.1'])
    expect((await run('apply', '--force')).code).toBe(0)
    expect(apex()).toEqual(['127.0.0.2'])
  })

  it('exits 1 where a set is not as it shall be because it is not ours', async () => {
    api.zone().put({ name: 'voice.example.com', type: 'A', ttl: 300, values: ['192.0.2.1'] })
    expect((await run('apply')).code).toBe(1)
    expect(apex()).toEqual(['192.0.2.1'])
  })
})
