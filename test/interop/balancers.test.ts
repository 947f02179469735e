/** HAProxy and keepalived by what docs/guides/balancers.md tells to configure. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AdminLab, startAdminLab } from '../support/admin-lab.ts'
import { fencesOf } from '../support/fences.ts'
import { hasPeer, peerPath } from '../support/peers.ts'

const PAGE = 'docs/guides/balancers.md'
const [CONFIG = ''] = fencesOf(PAGE, 'yaml')
const [SCRIPT = ''] = fencesOf(PAGE, 'bash')
const [KEEPALIVED = ''] = fencesOf(PAGE, 'keepalived')
const HAPROXY = fencesOf(PAGE, 'haproxy')
const noHaproxy = !hasPeer('haproxy', 'haproxy')
const noKeepalived = !hasPeer('keepalived', 'keepalived')
const noCurl = !hasPeer('curl', 'curl')
const run = promisify(execFile)

let dir = ''
let lab: AdminLab | undefined
let haproxy: ChildProcess | undefined
const servers: Server[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-balancers-'))
})
afterEach(async () => {
  haproxy?.kill('SIGKILL')
  haproxy = undefined
  await lab?.close()
  lab = undefined
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true, force: true })
})

/** The page's own configuration, but for the port (which the lab chooses) and the hand-over, that a test waits for. */
async function start(): Promise<AdminLab> {
  lab = await startAdminLab(CONFIG.replace(/^admin: .*\n/m, '').replace('handover: 4s', 'handover: 2s'))
  return lab
}

/** keepalived passes over a configuration that could be run. */
async function file(name: string, text: string, mode = 0o644): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text, { mode })
  return path
}

/** A server that tells its name to whoever connects; its port. */
async function named(name: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).end(name))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

async function freePort(): Promise<number> {
  const port = await named('')
  await new Promise((resolve) => servers.pop()?.close(resolve))
  return port
}

/** Who answers behind HAProxy; nothing: nobody. */
function whoAnswers(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

async function untilAnswers(port: number, name: string): Promise<Set<string>> {
  const seen = new Set<string>()
  const endMs = performance.now() + 30_000
  for (;;) {
    const who = await whoAnswers(port)
    seen.add(who)
    if (who === name) return seen
    if (performance.now() > endMs) throw new Error(`${name} never answered; seen: ${[...seen].join()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('HAProxy', () => {
  it.skipIf(noHaproxy)('takes both configurations of the guide (haproxy -c)', async () => {
    expect(HAPROXY).toHaveLength(2)
    for (const text of HAPROXY) {
      const path = await file('haproxy.cfg', text)
      await expect(run(peerPath('haproxy') ?? '', ['-c', '-f', path])).resolves.toBeDefined()
    }
  })

  it.skipIf(noHaproxy)(
    'follows /lb: nobody during the hand-over, then the other one',
    async () => {
      const { port, report } = await start()
      await report('edge/sip1', 'pass')
      await report('edge/sip2', 'pass')
      const front = await freePort()
      const relay = await freePort()
      const [edge = '', probe = ''] = HAPROXY
      const text = edge
        .replace('127.0.0.1:5060', `127.0.0.1:${front}`)
        .replace('192.0.2.11:5060', `127.0.0.1:${await named('sip1')}`)
        .replace('192.0.2.12:5060', `127.0.0.1:${await named('sip2')}`)
        .replace('port 8053 inter 1s', `port ${port} inter 300ms`)
      // The relay for a balancer that asks every server by the same path.
      const own = probe
        .replace('127.0.0.1:8080', `127.0.0.1:${relay}`)
        .replace('127.0.0.1:8053', `127.0.0.1:${port}`)
      const path = await file('haproxy.cfg', `${text}\n${own}`)
      haproxy = spawn(peerPath('haproxy') ?? '', ['-db', '-f', path], { stdio: 'ignore' })
      await untilAnswers(front, 'sip1')
      expect((await fetch(`http://127.0.0.1:${relay}/`)).status).toBe(200)
      await report('edge/sip1', 'fail')
      const seen = await untilAnswers(front, 'sip2')
      // Seen in this order, and nobody in between.
      expect([...seen].at(-2)).toBe('')
      expect((await fetch(`http://127.0.0.1:${relay}/`)).status).toBe(503)
    },
    90_000,
  )
})

/** What keepalived says of a configuration; that this machine may have no such interface is no fault of it. */
async function complaints(text: string): Promise<string[]> {
  const path = await file('keepalived.conf', text)
  const said = await run(peerPath('keepalived') ?? '', ['-t', '-f', path]).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  return `${said.stdout}${said.stderr}`.split('\n').filter((line) => line !== '' && !/interface/i.test(line))
}

describe('keepalived', () => {
  it.skipIf(noKeepalived)('takes the configuration of the guide (keepalived -t)', async () => {
    const script = await file('sipvane-report', SCRIPT, 0o755)
    const text = KEEPALIVED.replace('/usr/local/sbin/sipvane-report', script)
    expect(await complaints(text)).toEqual([])
    expect(await complaints(text.replace('priority 100', 'priority high'))).toContainEqual(
      expect.stringContaining("invalid number 'high'"),
    )
  })

  it.skipIf(noCurl)(
    'tells who holds the address by its notify script',
    async () => {
      const { port, app } = await start()
      const here = SCRIPT.replace(':8053/', `:${port}/`)
      const one = await file('one', here, 0o755)
      const two = await file('two', here.replace('self=sip1\npeer=sip2', 'self=sip2\npeer=sip1'), 0o755)
      const notify = (script: string, state: string) => run(script, ['INSTANCE', 'edge', state, '100'])
      const real = () => ['sip1', 'sip2'].map((name) => app.status().pools.edge?.targets[name]?.real)
      const untilReal = async (...wanted: string[]) => {
        const endMs = performance.now() + 15_000
        while (real().join() !== wanted.join()) {
          if (performance.now() > endMs) throw new Error(`${real().join()} instead of ${wanted.join()}`)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
      await notify(two, 'BACKUP')
      await notify(one, 'MASTER')
      await untilReal('up', 'down')
      // The first one dies without a word: the new master speaks for it.
      await notify(two, 'MASTER')
      await untilReal('down', 'up')
      await notify(one, 'FAULT')
      // Without words, by cron: nobody here has the shared address.
      await run(two)
      await untilReal('down', 'down')
    },
    60_000,
  )
})
