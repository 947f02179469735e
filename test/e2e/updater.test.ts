import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createRoute53Server, FAKE_KEYS, type Route53Server } from '../support/route53-server.ts'
import { status } from '../support/sip-behaviours.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'
import { type RunningSipvane, startSipvane } from '../support/sipvane-process.ts'

const PATIENCE_MS = 30_000

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Scene {
  readonly api: Route53Server
  readonly servers: readonly SipServer[]
  readonly config: string
}

async function scene(): Promise<Scene> {
  const api = await createRoute53Server()
  const servers = [
    await createSipServer({ transport: 'udp' }),
    await createSipServer({ transport: 'udp', address: '127.0.0.2' }),
  ]
  cleanups.push(() => api.close(), ...servers.map((server) => () => server.close()))
  const config = `
node: ns1
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, interval: 300ms, fall: 2 }
pools:
  edge:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 1s }
    targets:
      sip1: { address: 127.0.0.1, port: ${servers[0]?.port}, priority: 10 }
      sip2: { address: 127.0.0.2, port: ${servers[1]?.port}, priority: 20 }
zones:
  voice.example.com:
    ttl: 60s
    publish: [aws]
    answers:
      - { name: "@", type: A, pool: edge }
providers:
  aws: { type: route53, hostedZoneId: Z1, endpoint: "${api.endpoint}", accessKeyId: ${FAKE_KEYS.accessKeyId}, secretAccessKey: ${FAKE_KEYS.secretAccessKey} }
`
  return { api, servers, config }
}

async function run(config: string, ...flags: string[]): Promise<RunningSipvane> {
  const running = await startSipvane(config, undefined, undefined, flags)
  cleanups.push(() => running.stop())
  return running
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const startMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`${what} did not come about`)
    await sleep(10)
  }
}

const apex = (api: Route53Server) => api.zone().find('voice.example.com', 'A')?.values.join()
const changes = (api: Route53Server) =>
  api.calls.filter(({ operation }) => operation === 'route53:ChangeResourceRecordSets')

describe('an instance that keeps a managed zone', () => {
  it('has a failover accepted in one call, and shows how it is getting on', async () => {
    const { api, servers, config } = await scene()
    const running = await run(config)
    await until('the first record', () => apex(api) === '127.0.0.1')
    await running.logged('updater.converged')
    const calls = changes(api).length
    servers[0]?.behave(status(503))
    await until('the failover', () => apex(api) === '127.0.0.2')
    expect(changes(api).length).toBe(calls + 1)
    await until('the status to say so', async () => {
      const { providers } = (await running.status()) as {
        providers: { aws: { state: string; acceptedMs?: number } }
      }
      return providers.aws.state === 'converged' && providers.aws.acceptedMs !== undefined
    })
    expect(await running.stop()).toBe(0)
    cleanups.pop()
    expect(JSON.stringify(running.log)).not.toContain(FAKE_KEYS.secretAccessKey)
  })

  it('run with --dry-run says what it would do and does nothing, before a reload and after', async () => {
    const { api, config } = await scene()
    const running = await run(config, '--dry-run')
    const { msg } = await running.logged('updater.planned')
    expect(msg).toContain('would make 1 create')
    running.signal('SIGHUP')
    await running.logged('config.reloaded')
    const { providers } = (await running.status()) as { providers: { aws: { dryRun: boolean } } }
    expect(providers.aws.dryRun).toBe(true)
    expect(apex(api)).toBeUndefined()
    expect(changes(api)).toEqual([])
  })

  it('started while the first server is dead, never puts it back, though it remembers nothing', async () => {
    const { api, servers, config } = await scene()
    const first = await run(config)
    await first.logged('updater.converged')
    servers[0]?.behave(status(503))
    await until('the failover', () => apex(api) === '127.0.0.2')
    first.signal('SIGKILL')
    await first.stop()
    cleanups.pop()
    const before = changes(api).length
    const second = await run(config)
    await second.logged('updater.converged')
    expect(apex(api)).toBe('127.0.0.2')
    expect(changes(api).slice(before)).toEqual([])
  })

  it('takes a new configuration over: what left it leaves the zone, what came is added', async () => {
    const { api, config } = await scene()
    const running = await run(config)
    await until('the first record', () => apex(api) === '127.0.0.1')
    await writeFile(running.configFile, config.replace('name: "@"', 'name: pbx'))
    running.signal('SIGHUP')
    await until('the new name', () => api.zone().find('pbx.voice.example.com', 'A') !== undefined)
    await until('the old name to go', () => apex(api) === undefined)
    expect(
      api
        .zone()
        .sets.map(({ name }) => name)
        .filter((name) => name.includes('voice')),
    ).toEqual(['pbx.voice.example.com.', '_sipvane-a.pbx.voice.example.com.'])
  })
})

describe('the demo of the updater', () => {
  it('shows a failover, a repair and a lost reply, and exits 0', async () => {
    const script = new URL('../../build/test/support/demo/updater.js', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 90_000 })
    expect(stdout).toMatch(/The zone has it \d+\.\d\d s after the kill, by 1 call/)
    expect(stdout).toContain('somebody else changed voice.example.com. A')
    expect(stdout).toContain("Somebody else's records are as they were, byte for byte. Done.")
  }, 100_000)
})
