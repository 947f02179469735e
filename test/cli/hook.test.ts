import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AmiServer, createAmiServer } from '../support/ami-server.ts'
import { type Workplace, workplace } from '../support/command.ts'

let place: Workplace
let asterisk: AmiServer
beforeEach(async () => {
  place = await workplace()
  asterisk = await createAmiServer({ registrations: ['trunk'] })
})
afterEach(async () => {
  await asterisk.close()
  await place.close()
})

async function config(more = '') {
  await place.write(
    'sipvane.yaml',
    `probes:
  options: { type: sip-options }
pools:
  office:
    policy: failover
    probes: [options]
    targets: { dsl: { address: 127.0.0.1 }, lte: { address: 127.0.0.2 } }
hooks:
  pbx:
    type: asterisk-ami
    port: ${asterisk.port}
    user: sipvane
    secret: "\${SECRET}"
    externalName: localhost
${more}`,
  )
}

const run = (...args: string[]) => place.run([...args, '-c', 'sipvane.yaml'], { SECRET: 'not-a-real-secret' })

describe('sipvane hook test', () => {
  it('logs in, looks, changes nothing, and ends well', async () => {
    await config()
    const { code, stdout } = await run('hook', 'test', 'pbx')
    expect(stdout.split('\n')).toEqual([
      '  ok   logged in to Asterisk Call Manager/5.0.1',
      '  ok   dnsmgr is on',
      '  ok   registration trunk is Registered',
      '  ok   localhost is 127.0.0.1 alone, that is office/dsl',
      '',
    ])
    expect(code).toBe(0)
    expect(asterisk.actions.join()).not.toMatch(/PJSIPRegister|refresh/)
  })

  it('ends with 1 where dnsmgr is off, as it is by default', async () => {
    await config()
    asterisk.behave({ dnsmgr: 'disabled' })
    const { code, stdout } = await run('hook', 'test', 'pbx')
    expect(code).toBe(1)
    expect(stdout).toContain('FAIL dnsmgr is off')
  })

  it('says as a finding that nobody is there, as JSON too, and shows no secret', async () => {
    await config()
    await asterisk.close()
    const { code, stdout } = await run('hook', 'test', 'pbx', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ hook: 'pbx', findings: [{ result: 'fail' }] })
    expect(stdout).not.toContain('not-a-real-secret')
    asterisk = await createAmiServer()
  })

  it('of a hook that is not there names those that are', async () => {
    await config()
    const { code, stderr } = await run('hook', 'test', 'pxb')
    expect([code, stderr]).toEqual([2, 'sipvane.yaml: there is no hook pxb; there are: pbx\n'])
  })
})

describe('sipvane hook list', () => {
  it('tells what they are and on what they act, without their secrets', async () => {
    await config(
      '  chat: { type: webhook, url: "https://hooks.example.com/SECRET", after: pbx, dryRun: true }\n',
    )
    const { code, stdout } = await run('hook', 'list')
    expect(stdout).toBe(
      'pbx (asterisk-ami): on decision.changed; of every pool; 30s an attempt, 5 more; 10 in 10s\n' +
        'chat (webhook): on decision.changed, verdict.changed, sight.lost, sight.regained, hook.failed; of every pool; after pbx; 10s an attempt, 5 more; 20 in 1m; DRY RUN\n',
    )
    expect(code).toBe(0)
    const json = await run('hook', 'list', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'pbx', kind: 'asterisk-ami' }, { name: 'chat' }])
    expect(json.stdout).not.toMatch(/SECRET|not-a-real-secret/)
  })
})
