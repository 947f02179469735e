/**
 * A failover as an office sees it: the live link's name moves, Asterisk takes it and registers again; hooks that misbehave delay nothing.
 */
import { createSocket, type Socket } from 'node:dgram'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import type { App } from '../../src/app/facade.ts'
import type { SipvaneEvent } from '../../src/core/event.ts'
import { addressesOf } from '../../src/publishers/hooks/naming/external-name.ts'
import { type AmiServer, createAmiServer } from '../support/ami-server.ts'
import { createEc2Server, EC2_KEYS } from '../support/ec2-server.ts'
import { createHttpLab, type HttpLab } from '../support/http-lab.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'

const NAME = 'pbx.voice.example.com'
const DSL = '127.0.0.1'
const LTE = '127.0.0.2'

let dir = ''
let dnsPort = 0
let dsl: SipServer
let lte: SipServer
let asterisk: AmiServer
let hanging: HttpLab
let app: App | undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-hooks-'))
  dnsPort = await freePort()
  dsl = await createSipServer({ transport: 'udp', address: DSL })
  lte = await createSipServer({ transport: 'udp', address: LTE, port: dsl.port })
  asterisk = await createAmiServer({ registrations: ['trunk', 'spare'] })
  hanging = await createHttpLab(() => ({ silent: true }))
})
afterEach(async () => {
  await app?.stop()
  app = undefined
  await Promise.all([dsl.close(), lte.close(), asterisk.close(), hanging.close()])
  await rm(dir, { recursive: true, force: true })
})

async function start(hooks: string) {
  const settings = settingsOf(`
node: ns1
state: ${dir}
dns: { listen: ["127.0.0.1:${dnsPort}"] }
probes:
  options: { type: sip-options, interval: 1s, rise: 1 }
pools:
  office:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 0s }
    targets:
      dsl: { address: ${DSL}, port: ${dsl.port}, priority: 10 }
      lte: { address: ${LTE}, port: ${dsl.port}, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    answers:
      - { name: pbx, type: A, pool: office }
hooks:
${hooks}`)
  const logger = recordingLogger()
  const events: SipvaneEvent[] = []
  const made = createApp(settings, { logger, version: '0' })
  app = made
  made.events.subscribe((event) => events.push(event))
  await made.start()
  await until(() => made.status().pools.office?.targets.dsl?.real === 'up', 'dsl to be up')
  await until(() => made.status().pools.office?.targets.lte?.real === 'up', 'lte to be up')
  return { app: made, logger, events }
}

const resolve = () => addressesOf(NAME, `127.0.0.1:${dnsPort}`)

/** Milliseconds from now until the name leads there and nowhere else. */
async function untilNamed(address: string): Promise<number> {
  const startMs = performance.now()
  for (;;) {
    const seen = await resolve()
    if (seen.length === 1 && seen[0] === address) return performance.now() - startMs
    if (performance.now() - startMs > 15_000) throw new Error(`the name did not become ${address}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

const PBX = () => `  pbx:
    type: asterisk-ami
    port: ${asterisk.port}
    user: sipvane
    secret: not-a-real-secret
    externalName: ${NAME}
    resolver: 127.0.0.1:${dnsPort}
`

describe('a link that is cut', () => {
  it('moves the name, then Asterisk looks it up and registers again, within a second of the name', async () => {
    const { events } = await start(PBX())
    expect(await resolve()).toEqual([DSL])
    const cutMs = performance.now()
    await dsl.close()
    const namedMs = await untilNamed(LTE)
    await until(() => events.some(({ type }) => type === 'hook.ran'), 'the hook', 15_000)
    const renewedMs = Math.max(...asterisk.orderedMs.values()) - cutMs
    expect(asterisk.actions).toContain(`Command dnsmgr refresh ^pbx\\.voice\\.example\\.com\\.?$`)
    expect(['trunk', 'spare'].map((name) => asterisk.statusOf(name))).toEqual(['Registered', 'Registered'])
    // The goal is 3 s and 1 s; the bounds leave room for a busy machine.
    expect(namedMs).toBeLessThan(3_000)
    expect(renewedMs - namedMs).toBeLessThan(2_000)
  })

  it('is in the history: verdict, decision, zone and hook, over a restart', async () => {
    const { app: first, events } = await start(PBX())
    await dsl.close()
    await until(() => events.some(({ type }) => type === 'hook.ran'), 'the hook', 15_000)
    const types = new Set(events.map(({ type }) => type))
    for (const type of ['verdict.changed', 'decision.changed', 'zone.changed', 'hook.ran'] as const)
      expect(types).toContain(type)
    await first.stop()
    expect(await readFile(join(dir, 'events.jsonl'), 'utf8')).not.toContain('not-a-real-secret')
    const { app: second } = await (async () => {
      dsl = await createSipServer({ transport: 'udp', address: DSL, port: dsl.port })
      return start(PBX())
    })()
    expect(second.events.recent().some(({ type }) => type === 'hook.ran')).toBe(true)
  })
})

describe('hooks that hang, fail or are many', () => {
  it('delay neither the answer nor the decision, nor a hook that works', async () => {
    const bad = Array.from(
      { length: 30 },
      (_, index) => `  bad${index}:
    type: ${index % 2 === 0 ? `webhook\n    url: ${hanging.url}/x` : 'exec\n    command: [sleep, "60"]'}
    on: [decision.changed, verdict.changed, zone.changed, hook.ran, hook.failed]
    timeout: 1s
    retries: 100
    rate: { max: 10000, per: 1s }
`,
    ).join('')
    const { logger } = await start(bad + PBX())
    for (let round = 0; round < 2; round++) {
      await dsl.close()
      expect(await untilNamed(LTE)).toBeLessThan(5_000)
      dsl = await createSipServer({ transport: 'udp', address: DSL, port: dsl.port })
      await untilNamed(DSL)
    }
    await until(() => logger.messagesOf('hook.ran').some((text) => text.includes('hook pbx')), 'pbx', 15_000)
  }, 60_000)
})

describe('hooks that keep the world as a decision says', () => {
  it('put it right after a start, once the first verdicts are in', async () => {
    const holders = { dsl: 'eni-0123456789abcdef0', lte: 'eni-0123456789abcdef1' }
    const allocation = 'eipalloc-0123456789abcdef0'
    const ec2 = await createEc2Server({ routes: new Map(), addresses: new Map([[allocation, holders.lte]]) })
    try {
      const { events } = await start(`  eip:
    type: aws-elastic-ip
    region: eu-central-1
    endpoint: ${ec2.url}
    allocation: ${allocation}
    holders: ${JSON.stringify(holders)}
    accessKeyId: ${EC2_KEYS.accessKeyId}
    secretAccessKey: ${EC2_KEYS.secretAccessKey}
`)
      await until(() => events.some(({ type }) => type === 'hook.ran'), 'the hook', 15_000)
      expect(ec2.world.addresses.get(allocation)).toBe(holders.dsl)
      await dsl.close()
      await until(() => ec2.world.addresses.get(allocation) === holders.lte, 'the move', 15_000)
    } finally {
      await app?.stop()
      app = undefined
      await ec2.close()
    }
  })
})

/** Below the ports that the system gives away by itself: between here and the start of the instance somebody's connection would take it, for TCP. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if ((await isFree(createSocket('udp4'), port)) && (await isFree(createServer(), port))) return port
  }
}

function isFree(socket: Socket | Server, port: number): Promise<boolean> {
  return new Promise((done) => {
    socket.once('error', () => done(false))
    const close = () => socket.close(() => done(true))
    if (socket instanceof Server) socket.listen(port, '127.0.0.1', close)
    else socket.bind(port, '127.0.0.1', close)
  })
}
