import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../../src/cli/dns-client.ts'
import { main } from '../../src/cli/main.ts'
import { createSipServer, type SipServer } from '../support/sip-server.ts'
import { type RunningSipvane, startSipvane } from '../support/sipvane-process.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function sipServers(count: number): Promise<SipServer[]> {
  const servers: SipServer[] = []
  for (let index = 0; index < count; index++) {
    const server = await createSipServer({ transport: 'udp', address: `127.0.1.${index + 1}` })
    servers.push(server)
    cleanups.push(() => server.close())
  }
  return servers
}

function config(servers: readonly SipServer[], extra = ''): string {
  const targets = servers.map(
    ({ address, port }, index) =>
      `      sip${index + 1}: { address: ${address}, port: ${port}, priority: ${index + 1} }`,
  )
  return `
node: e2e
${extra}
dns: { listen: ["127.0.0.1:0", "[::1]:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, interval: 500ms, rise: 2, fall: 3 }
pools:
  edge:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 1s }
    targets:
${targets.join('\n')}
zones:
  voice.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }
`
}

async function start(text: string): Promise<RunningSipvane> {
  const sipvane = await startSipvane(text)
  cleanups.push(() => sipvane.stop())
  return sipvane
}

async function address(sipvane: RunningSipvane): Promise<string> {
  const answer = await ask({ address: '127.0.0.1', port: sipvane.dnsPort }, 'voice.example.com', 'A', 2000)
  return answer.answers.map((record) => record.data).join()
}

async function until<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  patienceMs = 10_000,
): Promise<T> {
  const startMs = performance.now()
  for (;;) {
    const value = await read()
    if (wanted(value)) return value
    if (performance.now() - startMs > patienceMs) throw new Error(`still ${JSON.stringify(value)}`)
    await sleep(20)
  }
}

describe('sipvane run', () => {
  it('answers, fails over, fails back, and ends cleanly on SIGTERM', async () => {
    const servers = await sipServers(2)
    const [primary, standby] = servers as [SipServer, SipServer]
    const sipvane = await start(config(servers))
    expect(await address(sipvane)).toBe(primary.address)
    await until(
      () => fetch(`http://127.0.0.1:${sipvane.adminPort}/readyz`).then(({ status }) => status),
      (code) => code === 200,
    )

    await primary.close()
    await until(
      () => address(sipvane),
      (served) => served === standby.address,
    )
    const status = await sipvane.status()
    expect(status).toMatchObject({
      ready: true,
      pools: { edge: { targets: { sip1: { effective: 'down' }, sip2: { effective: 'up' } } } },
    })

    const back = await createSipServer({ transport: 'udp', address: primary.address, port: primary.port })
    cleanups.push(() => back.close())
    await until(
      () => address(sipvane),
      (served) => served === primary.address,
    )
    expect(await sipvane.stop()).toBe(0)
    expect(sipvane.log.at(-1)?.event).toBe('app.stopping')
    expect(sipvane.log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('answers on IPv6 as well, from the same port over TCP', async () => {
    const servers = await sipServers(1)
    const sipvane = await start(config(servers))
    const listen = (sipvane.log.find(({ event }) => event === 'app.started')?.dns ?? []) as {
      address: string
      port: number
    }[]
    const v6 = listen.find((one) => one.address === '::1')
    const answer = await ask(v6 ?? { address: '', port: 0 }, '_sip._udp.voice.example.com', 'SRV', 2000)
    expect(answer).toMatchObject({ rcode: 'NOERROR', authoritative: true })
    expect(answer.answers[0]?.data).toMatch(/^1 100 \d+ sip1\.voice\.example\.com\.$/)
    expect(answer.additionals[0]).toMatchObject({ type: 'A', data: '127.0.1.1' })
  })

  it('takes a new configuration over on SIGHUP, and refuses a bad one while the old one goes on', async () => {
    const servers = await sipServers(2)
    const [first, second] = servers as [SipServer, SipServer]
    const sipvane = await start(config([first]))
    expect(await address(sipvane)).toBe(first.address)

    await writeFile(sipvane.configFile, config([first]).replace('failover', 'failver'))
    sipvane.signal('SIGHUP')
    const refused = await sipvane.logged('config.refused')
    expect(refused.msg).toContain('failver')
    expect(await address(sipvane)).toBe(first.address)

    await writeFile(sipvane.configFile, config([second]))
    sipvane.signal('SIGHUP')
    await sipvane.logged('config.reloaded')
    expect(await address(sipvane)).toBe(second.address)

    await rm(sipvane.configFile)
    sipvane.signal('SIGHUP')
    await until(
      async () => sipvane.log.filter(({ event }) => event === 'config.refused').length,
      (count) => count === 2,
    )
    expect(await address(sipvane)).toBe(second.address)
  })

  it('starts with what it knew: no blind window, and no serial that goes back', async () => {
    const servers = await sipServers(2)
    const [primary, standby] = servers as [SipServer, SipServer]
    const text = config(servers, 'state: ./var')
    const one = await start(text)
    await until(
      async () => (await one.status()).ready,
      (ready) => ready === true,
    )
    await primary.close()
    await until(
      () => address(one),
      (served) => served === standby.address,
    )
    const before = await one.status()
    one.signal('SIGTERM')
    await until(
      () => readdir(join(dirname(one.configFile), 'var')),
      (files) => files.includes('health.json'),
    )
    await until(
      async () => one.log.at(-1)?.event,
      (event) => event === 'app.stopping',
    )
    await sleep(300)
    const saved = await readFile(join(dirname(one.configFile), 'var', 'health.json'), 'utf8')

    const two = await start(text.replace('state: ./var', `state: ${join(dirname(one.configFile), 'var')}`))
    expect(await address(two)).toBe(standby.address)
    const serial = (status: Record<string, unknown>) =>
      (status.zones as Record<string, { serial: number }>)['voice.example.com.']?.serial ?? 0
    expect(serial(await two.status())).toBeGreaterThanOrEqual(serial(before))
    expect(saved).toContain('"status":"down"')
  })

  it('starts in spite of a broken state file, which it moves aside', async () => {
    const servers = await sipServers(1)
    const [server] = servers as [SipServer]
    const probe = await start(config([server]))
    await writeFile(join(dirname(probe.configFile), 'health.json'), '{"half":')
    const sipvane = await start(config([server], `state: ${dirname(probe.configFile)}`))
    expect((await sipvane.logged('state.broken')).msg).toContain('moved to')
    expect(await address(sipvane)).toBe(server.address)
  })

  it('says what address it cannot have, and exits 1', async () => {
    const servers = await sipServers(1)
    const first = await start(config(servers))
    const second = config(servers).replace('["127.0.0.1:0", "[::1]:0"]', `["127.0.0.1:${first.dnsPort}"]`)
    await expect(startSipvane(second)).rejects.toThrow('sipvane ended with 1 at its start')
  })

  it('obeys an operator: drain and auto', async () => {
    const servers = await sipServers(2)
    const [primary, standby] = servers as [SipServer, SipServer]
    const sipvane = await start(config(servers))
    await until(
      async () => (await sipvane.status()).ready,
      (ready) => ready === true,
    )
    const sink = { write: () => true } as unknown as NodeJS.WriteStream
    const io = { stdout: sink, stderr: sink, env: { USER: 'ann' }, cwd: '/', hostname: 'x' }
    const url = ['--url', `http://127.0.0.1:${sipvane.adminPort}`]
    expect(await main(['drain', 'edge/sip1', '--for', '1h', '--reason', 'disk swap', ...url], io)).toBe(0)
    await until(
      () => address(sipvane),
      (served) => served === standby.address,
    )
    const { targets } =
      ((await sipvane.status()).pools as Record<string, { targets: Record<string, object> }>).edge ?? {}
    expect(targets?.sip1).toMatchObject({
      real: 'up',
      override: { kind: 'drain', reason: 'disk swap', author: 'ann' },
    })
    expect((await sipvane.logged('override.set')).msg).toBe('edge/sip1 is set to drain by ann, disk swap')
    expect(await main(['auto', 'edge/sip1', '--reason', 'swapped', ...url], io)).toBe(0)
    expect((await sipvane.logged('override.withdrawn')).msg).toBe(
      'edge/sip1 follows what is measured again, by ann, swapped',
    )
    await until(
      () => address(sipvane),
      (served) => served === primary.address,
    )
    expect(await main(['drain', 'edge/sip9', ...url], io)).toBe(1)
    expect(await main(['drain', 'sip1', ...url], io)).toBe(2)
  })

  it('is asked by status and query', async () => {
    const servers = await sipServers(2)
    const sipvane = await start(config(servers))
    await until(
      async () => (await sipvane.status()).ready,
      (ready) => ready === true,
    )
    const chunks: string[] = []
    const stdout = { write: (text: string) => chunks.push(text) > 0 } as unknown as NodeJS.WriteStream
    const io = { stdout, stderr: stdout, env: {}, cwd: '/', hostname: 'x' }
    expect(await main(['status', '--url', `http://127.0.0.1:${sipvane.adminPort}`], io)).toBe(0)
    expect(chunks.join('')).toMatch(/^e2e: sipvane \S+, ready/)
    expect(chunks.join('')).toMatch(/^ {2}serves sip1: normal/m)
    expect(chunks.join('')).toMatch(/^ {2}sip2 +up +127\.0\.1\.2/m)
    chunks.length = 0
    const server = `127.0.0.1:${sipvane.dnsPort}`
    expect(await main(['query', 'voice.example.com', 'A', '--server', server], io)).toBe(0)
    expect(chunks.join('')).toBe(';; NOERROR, authoritative\nvoice.example.com. 30 IN A 127.0.1.1\n')
    expect(await main(['query', 'nothing.voice.example.com', 'A', '--server', server], io)).toBe(1)
  })
})
