import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf } from '../support.ts'

const HOLDERS = '{ sip1: eni-0123456789abcdef0, sip2: eni-0123456789abcdef1 }'
const AMI = 'user: sipvane, secret: not-a-real-secret'

/** The sound configuration with these hooks, one a line. */
function withHooks(...lines: readonly string[]): string {
  return `hooks:\n${lines.map((line) => `  ${line}\n`).join('')}${SOUND}`
}

describe('hooks', () => {
  it('have the documented defaults', () => {
    const { hooks } = settingsOf(withHooks(`pbx: { type: asterisk-ami, ${AMI} }`))
    expect(hooks?.get('pbx')).toEqual({
      name: 'pbx',
      kind: 'asterisk-ami',
      on: ['decision.changed'],
      pools: [],
      after: [],
      timeoutMs: 30_000,
      retries: 5,
      rate: { max: 10, perMs: 10_000 },
      dryRun: false,
      options: {
        host: '127.0.0.1',
        tls: false,
        user: 'sipvane',
        secret: 'not-a-real-secret',
        auth: 'md5',
        channel: 'pjsip',
        register: 'all',
        pace: 100,
        settle: 1_000,
      },
    })
  })

  it('may run as often as their far end bears: those on this host once a second, others each 3 s', () => {
    const { hooks } = settingsOf(
      withHooks(
        'a: { type: exec, command: [x] }',
        'b: { type: freeswitch-esl, password: not-a-real-one }',
        'c: { type: webhook, url: "https://x/" }',
        `d: { type: aws-route, region: eu-central-1, routeTable: rtb-01234567, destination: 203.0.113.9/32, holders: ${HOLDERS} }`,
      ),
    )
    const prompt = { max: 10, perMs: 10_000 }
    const usual = { max: 20, perMs: 60_000 }
    expect([...(hooks?.values() ?? [])].map(({ rate }) => rate)).toEqual([prompt, prompt, usual, usual])
  })

  it('take one name or a list of pools and of hooks to come after', () => {
    const { hooks } = settingsOf(
      withHooks(
        `route: { type: aws-route, region: eu-central-1, routeTable: rtb-01234567, destination: 203.0.113.9/32, holders: ${HOLDERS}, pool: edge }`,
        `pbx: { type: asterisk-ami, ${AMI}, pool: [edge], after: route }`,
        'tell: { type: exec, command: [x], after: [route, pbx], rate: { max: 1, per: 5s }, on: [hook.failed] }',
      ),
    )
    expect(hooks?.get('route')?.pools).toEqual(['edge'])
    expect(hooks?.get('pbx')).toMatchObject({ pools: ['edge'], after: ['route'] })
    expect(hooks?.get('tell')).toMatchObject({ after: ['route', 'pbx'], rate: { max: 1, perMs: 5_000 } })
  })

  it('are absent where the section is', () => {
    expect(settingsOf(SOUND).hooks).toBeUndefined()
  })
})

describe('a hook with a slip in it is refused, with its place:', () => {
  it.each([
    ['a: { type: asterisk-am }', ['c.yaml:2:14 hooks.a.type: "asterisk-am" seen; allowed: asterisk-ami']],
    ['a: { command: [x] }', ['c.yaml:2:3 hooks.a.type: missing; allowed: asterisk-ami, freeswitch-esl']],
    ['a: { type: exec, command: [x], pol: edge }', ['hooks.a.pol: unknown key; allowed: type, on, pool']],
    ['a: { type: exec, command: [x], pool: egde }', ['hooks.a.pool: "egde" seen; allowed: edge']],
    ['a: { type: exec, command: [x], pool: [edge, egde] }', ['hooks.a.pool[1]: "egde" seen']],
    [
      'a: { type: exec, command: [x], after: a }',
      ['hooks.a.after: "a" seen; there is none that it could be'],
    ],
    [
      'a: { type: exec, command: [x], on: [verdict] }',
      ['hooks.a.on[0]: "verdict" seen; allowed: verdict.changed'],
    ],
    [
      'a: { type: exec, command: [x], on: [] }',
      ['hooks.a.on: an empty list seen; allowed: a list of verdict.changed'],
    ],
    [
      'a: { type: exec, command: [x], takes: newest, on: [decision.changed, verdict.changed] }',
      ['hooks.a.on: allowed: decision.changed alone'],
    ],
    [
      'a: { type: exec, command: [x], takes: latest }',
      ['hooks.a.takes: "latest" seen; allowed: each, newest'],
    ],
    ['a: { type: exec, command: ["../x"] }', ['hooks.a.command[0]: "../x" seen; allowed: first the program']],
    ['a: { type: exec, command: [x], timeout: 10 }', ['hooks.a.timeout: 10 seen']],
    [
      `a: { type: asterisk-ami, ${AMI}, on: [zone.changed] }`,
      ['hooks.a.on[0]: "zone.changed" seen; allowed: decision.changed'],
    ],
    [
      `a: { type: asterisk-ami, ${AMI}, auth: plain }`,
      ['hooks.a.auth: "plain" seen; allowed: md5, or plain with tls'],
    ],
    [
      'a: { type: webhook, url: "ftp://x/" }',
      ['hooks.a.url: "ftp://x/" seen; allowed: an http or https URL'],
    ],
    ['a: { type: webhook, url: "https://x/", template: pagerduty }', ['hooks.a.routingKey: missing']],
    ['a: { type: webhook, url: "https://user:word@x/" }', ['hooks.a.url:']],
    [
      'a: { type: floating-ip, cloud: hetzner, address: 1, holders: { sip1: 1, sip2: 2 }, apiToken: "not-a-token", baseUrl: "https://user:word@x/" }',
      ['hooks.a.baseUrl:'],
    ],
    [
      'a: { type: floating-ip, cloud: hetzner, address: 1, holders: { sip1: 1, sip2: 2 }, apiToken: "not-a-token", baseUrl: "http://192.0.2.1/" }',
      ['hooks.a.baseUrl: "http://192.0.2.1/" seen; allowed: an https URL, or http on loopback'],
    ],
    [
      'a: { type: webhook, url: "https://x/", headers: { Webhook-Signature: x } }',
      ['allowed: names of headers, other than content-type'],
    ],
    [
      `a: { type: aws-route, region: eu-central-1, routeTable: rtb-01234567, destination: 203.0.113.9/32, holders: { sip1: i-01234567 } }`,
      ['hooks.a.holders: no entry for sip2; allowed: one entry for each target of the pool'],
    ],
    [
      'a: { type: floating-ip, cloud: hetzner, address: 1, holders: { sip1: 1, sip2: 2, sip3: 3 }, apiToken: "not-a-token" }',
      ['hooks.a.holders: an entry for sip3, which is no target; allowed: one entry for each target'],
    ],
    [
      'a: { type: floating-ip, cloud: hetzner, address: 203.0.113.9, holders: { sip1: 1, sip2: 2 }, apiToken: "not-a-token" }',
      ['hooks.a.address: "203.0.113.9" seen; allowed: the id of a floating IP'],
    ],
    [
      'a: { type: email, server: mx.example.com, from: a@example.com, to: [b@example.com], user: u, password: p, security: none }',
      ['hooks.a.security: "none" seen; allowed: starttls or tls'],
    ],
  ])('%s', (line, expected) => {
    const faults = faultsOf(withHooks(line))
    expect(faults).toHaveLength(expected.length)
    for (const [index, text] of expected.entries()) expect(faults[index]).toContain(text)
  })

  it('two hooks that wait for each other', () => {
    const faults = faultsOf(
      withHooks('a: { type: exec, command: [x], after: b }', 'b: { type: exec, command: [x], after: a }'),
    )
    expect(faults).toEqual([
      'c.yaml:2:41 hooks.a.after: the hooks wait for each other in a circle',
      'c.yaml:3:41 hooks.b.after: the hooks wait for each other in a circle',
    ])
  })

  it.each([
    ['an AMI hook', `type: asterisk-ami, ${AMI}`],
    ['a program that keeps something', 'type: exec, command: [x], takes: newest'],
  ])('%s that would follow two pools', (_, keys) => {
    const second = SOUND.replace(
      'zones:',
      '  other: { policy: all, probes: [tcp], targets: { x: { address: 192.0.2.99 } } }\nzones:',
    )
    expect(faultsOf(`hooks:\n  a: { ${keys} }\n${second}`)[0]).toMatch(
      /hooks\.a\.pool: 2 pools; allowed: one pool/,
    )
  })

  it('without showing a secret', () => {
    const faults = faultsOf(withHooks('a: { type: webhook, url: "https://x/", secret: geheim }'))
    expect(faults.join()).toMatch(/hooks\.a\.secret: a secret value seen/)
    expect(faults.join()).not.toContain('geheim')
  })
})
