import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from '../support/command.ts'
import { status } from '../support/sip-behaviours.ts'
import { createSipServer } from '../support/sip-server.ts'

const GOOD = `
probes:
  options: { type: sip-options, interval: 1s }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11 }
      sip2: { address: 192.0.2.12, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    answers:
      - { name: "@", type: A, pool: edge }
`

let place: Workplace
beforeEach(async () => {
  place = await workplace()
  await place.write('good.yaml', GOOD)
  await place.write('bad.yaml', GOOD.replace('failover', 'failver').replace('192.0.2.12', '192.0.2.300'))
})
afterEach(() => place.close())

describe('sipvane check', () => {
  it('says what a good configuration holds, and exits 0', async () => {
    const { code, stdout } = await place.run(['check', '-c', 'good.yaml'])
    expect(code).toBe(0)
    expect(stdout).toBe('good.yaml: fine: 1 zone, 1 pool, 2 targets, 1 probe\n')
  })

  it('lists every fault of a bad one with file, line and column, and exits 2', async () => {
    const { code, stdout, stderr } = await place.run(['check', '-c', 'bad.yaml'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^bad\.yaml:6:13 pools\.edge\.policy: .*failver.*failover/m)
    expect(stderr).toMatch(/^bad\.yaml:10:\d+ pools\.edge\.targets\.sip2\.address: .*192\.0\.2\.300/m)
    expect(stderr).toContain('bad.yaml: 2 faults')
  })

  it('finds what contradicts itself inside a zone, at its line of the file', async () => {
    const records = '    records: |\n      www IN CNAME a.example.net.\n      www IN A 192.0.2.9\n'
    await place.write('zone.yaml', GOOD.replace('    answers:', `${records}    answers:`))
    const { code, stderr } = await place.run(['check', '-c', 'zone.yaml'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^zone\.yaml:1[45]:\d+ .*CNAME/m)
  })

  it('gives the same as JSON', async () => {
    expect(JSON.parse((await place.run(['check', '-c', 'good.yaml', '--json'])).stdout)).toMatchObject({
      ok: true,
    })
    const bad = await place.run(['check', '-c', 'bad.yaml', '--json'])
    expect(bad.code).toBe(2)
    const { ok, faults } = JSON.parse(bad.stdout)
    expect(ok).toBe(false)
    expect(faults).toHaveLength(2)
    expect(faults[0]).toMatchObject({ file: 'bad.yaml', line: 6, column: 13, path: 'pools.edge.policy' })
  })

  it('says that a file is not there, and exits 2', async () => {
    const { code, stderr } = await place.run(['check', '-c', 'nowhere.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain('nowhere.yaml')
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('the command line', () => {
  it('exits 2 on bad usage and says what is allowed', async () => {
    expect((await place.run(['check'])).code).toBe(2)
    expect((await place.run(['chekc', '-c', 'good.yaml'])).stderr).toContain('check')
    expect((await place.run(['query', 'a.example', 'NAPTRX', '--server', '127.0.0.1'])).code).toBe(2)
    expect((await place.run(['query', 'a.example', '--server', '127.0.0.1:99999'])).code).toBe(2)
    expect((await place.run(['query', 'a.example'])).code).toBe(2)
    expect((await place.run([])).code).toBe(2)
  })

  it('tells its version and help, and exits 0', async () => {
    const manifest = JSON.parse(await readFile('package.json', 'utf8'))
    expect(await place.run(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
    const help = await place.run(['--help'])
    expect(help.code).toBe(0)
    for (const command of [
      'run',
      'check',
      'probe',
      'records',
      'query',
      'status',
      'drain',
      'auto',
      'schema',
      'init',
    ]) {
      expect(help.stdout).toContain(`  ${command} `)
    }
  })
})

describe('sipvane records', () => {
  it('prints the record sets as master-file text', async () => {
    const { code, stdout } = await place.run(['records', '-c', 'good.yaml'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^voice\.example\.com\. 15 IN SOA ns1\.example\.net\. /m)
    expect(stdout).toMatch(/^voice\.example\.com\. 30 IN A 192\.0\.2\.11$/m)
  })

  it('prints one zone when asked for it, and fails on one that is not there', async () => {
    expect((await place.run(['records', '-c', 'good.yaml', '--zone', 'VOICE.example.com'])).code).toBe(0)
    expect(await place.run(['records', '-c', 'good.yaml', '--zone', 'x.example'])).toMatchObject({
      code: 1,
      stdout: '',
    })
  })

  it('gives zones as JSON', async () => {
    const [zone] = JSON.parse((await place.run(['records', '-c', 'good.yaml', '--json'])).stdout)
    expect(zone).toMatchObject({ origin: 'voice.example.com.' })
    expect(zone.sets.map((set: { type: string }) => set.type)).toContain('SOA')
  })

  it('goes by the last known health where there is one', async () => {
    await place.write('state.yaml', `state: .\n${GOOD}`)
    const died = {
      passes: 0,
      fails: 3,
      hardFails: 3,
      unanswered: 0,
      loss: 0,
      changes: 1,
      lastAtMs: Date.now(),
    }
    const health = { 'edge/sip1 options 192.0.2.11': { status: 'down', sinceMs: Date.now(), ...died } }
    const rest = { node: 'ns1', savedAtMs: Date.now(), policy: {}, serials: {}, overrides: {} }
    await place.write(
      'health.json',
      JSON.stringify({ format: 'sipvane-health', version: 1, health, ...rest }),
    )
    const { stdout } = await place.run(['records', '-c', 'state.yaml'])
    expect(stdout).toMatch(/^voice\.example\.com\. 30 IN A 192\.0\.2\.12$/m)
  })
})

describe('sipvane schema', () => {
  it('prints a JSON Schema that knows every section', async () => {
    const { code, stdout } = await place.run(['schema'])
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(stdout).properties)).toEqual(
      expect.arrayContaining(['node', 'state', 'dns', 'probes', 'pools', 'zones', 'admin']),
    )
  })
})

describe('sipvane init', () => {
  it('writes a configuration that is fine as it is, and answers for what was given', async () => {
    const args = [
      '--domain',
      'Voice.Example.ORG',
      '--server',
      '192.0.2.21',
      '2001:db8::21',
      '--nameserver',
      '192.0.2.2',
      '2001:db8::3',
    ]
    expect(await place.run(['init', 'mine.yaml', ...args])).toMatchObject({ code: 0, stderr: '' })
    const checked = await place.run(['check', '-c', 'mine.yaml'])
    expect(checked).toMatchObject({ code: 0, stderr: '' })
    const { stdout } = await place.run(['records', '-c', 'mine.yaml'])
    expect(stdout).toMatch(/^voice\.example\.org\. 30 IN A 192\.0\.2\.21$/m)
    expect(stdout).toMatch(/^sip2\.voice\.example\.org\. 30 IN AAAA 2001:db8::21$/m)
    expect(stdout).toMatch(/^ns1\.voice\.example\.org\. 30 IN A 192\.0\.2\.2$/m)
    expect(stdout).toMatch(/^ns2\.voice\.example\.org\. 30 IN AAAA 2001:db8::3$/m)
    expect(await readFile(join(place.dir, 'mine.yaml'), 'utf8')).toMatch(/^ +# /m)
  })

  it('never replaces a file unless told to', async () => {
    expect((await place.run(['init', 'good.yaml'])).code).toBe(1)
    expect(await readFile(join(place.dir, 'good.yaml'), 'utf8')).toBe(GOOD)
    expect((await place.run(['init', 'good.yaml', '--force'])).code).toBe(0)
    expect(await readFile(join(place.dir, 'good.yaml'), 'utf8')).not.toBe(GOOD)
  })

  it('refuses what would not make a configuration, and writes nothing', async () => {
    const { code, stderr } = await place.run(['init', 'new.yaml', '--server', 'sip.example.com'])
    expect(code).toBe(2)
    expect(stderr).toContain('sip.example.com')
    await expect(readFile(join(place.dir, 'new.yaml'))).rejects.toThrow('ENOENT')
  })
})

describe('sipvane probe', () => {
  it('shows every message sent and received, and exits 0 when all is well', async () => {
    const server = await createSipServer({ transport: 'udp' })
    await place.write('probe.yaml', GOOD.replace('192.0.2.11', `127.0.0.1, port: ${server.port}`))
    const { code, stdout } = await place.run(['probe', '-c', 'probe.yaml', 'edge/sip1'])
    await server.close()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^options \(sip-options\) 127\.0\.0\.1$/m)
    expect(stdout).toMatch(/^ {2}> OPTIONS sip:127\.0\.0\.1:\d+ SIP\/2\.0$/m)
    expect(stdout).toMatch(/^ {2}< SIP\/2\.0 200 OK$/m)
    expect(stdout).toMatch(/^ {2}= pass ok \(\d+\.\d ms, 1 sent/m)
  })

  it('exits 1 when a question fails, and says why', async () => {
    const server = await createSipServer({ transport: 'udp' })
    server.behave(status(503, { headers: [['Retry-After', '120']] }))
    await place.write('probe.yaml', GOOD.replace('192.0.2.11', `127.0.0.1, port: ${server.port}`))
    const shown = await place.run(['probe', '-c', 'probe.yaml', 'edge/sip1'])
    const json = await place.run(['probe', '-c', 'probe.yaml', 'edge/sip1', '--json'])
    await server.close()
    expect(shown.code).toBe(1)
    expect(shown.stdout).toContain('= fail overload')
    expect(JSON.parse(json.stdout).results[0].outcome).toMatchObject({
      result: 'fail',
      status: 503,
      retryAfterMs: 120_000,
    })
  })

  it('exits 2 on a target that is not there, and names those that are', async () => {
    const { code, stderr } = await place.run(['probe', '-c', 'good.yaml', 'edge/sip9'])
    expect(code).toBe(2)
    expect(stderr).toContain('edge/sip1, edge/sip2')
  })
})

describe('sipvane drain', () => {
  it('exits 2 on a length that is none, whether an instance answers or not', async () => {
    for (const length of ['1w', '60', '0s', '400d']) {
      const { code, stderr } = await place.run(['drain', 'edge/sip1', '--for', length])
      expect([length, code]).toEqual([length, 2])
      expect(stderr).toContain('a duration from 1s to 365d with its unit')
    }
  })
})

describe('--json', () => {
  it('gives what is wrong as JSON too where the file cannot be read', async () => {
    for (const command of [['check'], ['records'], ['plan'], ['run'], ['probe', 'edge/sip1']]) {
      const { code, stdout } = await place.run([...command, '-c', 'none.yaml', '--json'])
      const { ok, faults } = JSON.parse(stdout)
      expect([command, code, ok]).toEqual([command, 2, false])
      expect(faults).toHaveLength(1)
      expect(faults[0]).toMatchObject({ file: 'none.yaml', line: 0, path: '' })
      expect(faults[0].message).toContain('there is no such file')
    }
  })

  it('tells what init wrote, or what it would not', async () => {
    const { code, stdout } = await place.run(['init', '--json', 'new.yaml'])
    expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, wrote: 'new.yaml' }])
    const bad = await place.run(['init', '--json', 'bad2.yaml', '--server', 'nowhere'])
    expect([bad.code, JSON.parse(bad.stdout).ok]).toEqual([2, false])
  })
})

describe('sipvane status', () => {
  it('says that no instance answers, and exits 1', async () => {
    const { code, stderr } = await place.run(['status', '--url', 'http://127.0.0.1:9'])
    expect(code).toBe(1)
    expect(stderr).toContain('no instance answers at http://127.0.0.1:9')
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('exits 2 where the configuration has no admin', async () => {
    expect((await place.run(['status', '-c', 'good.yaml'])).code).toBe(2)
  })
})
